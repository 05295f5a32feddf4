import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabCertificates, makeCertificates } from '../../lab/certificates.ts'
import { makeImage } from '../../lab/image.ts'
import { type LabProxy, startProxy } from '../../lab/proxy.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { type Receiver, startReceiver } from '../alerts/receiver.ts'

let certificates: LabCertificates
let proxy: LabProxy
let registry: LabRegistry
let chat: Receiver
let tallyman: LabTallyman
beforeAll(async () => {
  certificates = await makeCertificates()
  proxy = await startProxy()
  registry = await startRegistry({ tls: { ...certificates.server, clientCa: certificates.ca } })
  chat = await startReceiver((response) => response.end())
  const { client } = certificates
  tallyman = await startTallyman({
    proxy: { url: proxy.url },
    registries: {
      ci: {
        ...{ url: registry.url, token: WEBHOOK_TOKEN },
        ...{ caFile: certificates.ca, certFile: client.cert, keyFile: client.key },
      },
    },
    quotas: [{ project: 'ci/**', limit: '1kB' }],
    alerts: { gather: '1ms', channels: [{ name: 'chat', type: 'slack', url: chat.url }] },
  })
})
afterAll(async () => {
  await tallyman.close()
  chat.close()
  for (const thing of [registry, proxy, certificates]) await thing.close()
})

test('a service reads its registry and writes to its chat over the proxy, with the certificates of the configuration', async () => {
  const [ca, cert, key] = await Promise.all(
    [certificates.ca, certificates.client.cert, certificates.client.key].map((file) =>
      readFile(file, 'utf8'),
    ),
  )
  const pusher = makeRegistryClient({ name: 'ci', url: registry.url, reach: { tls: { ca, cert, key } } })
  await pushImage(pusher, 'team/app', 'v1', makeImage({ layers: [{ seed: 'service', bytes: 5_000 }] }))
  await pusher.close()
  const answer = await tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/registries/ci/reconcile' },
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  expect(answer.statusCode).toBe(202)
  const { projects } = await eventually(
    () => tallyman.get<{ projects: { id: string }[] }>('/v1/projects'),
    ({ projects }) => projects.length > 0,
  )
  expect(projects.map(({ id }) => id)).toEqual(['ci/team/app'])
  await expect.poll(() => chat.received).toHaveLength(1)
  expect(proxy.asked).toEqual(
    expect.arrayContaining([`CONNECT ${new URL(registry.url).host}`, `POST ${chat.url}`]),
  )
})
