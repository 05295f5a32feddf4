import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage, OCI_MANIFEST } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'

/** One registry answers every request with a byte a second, the other is healthy. Both send pushes. */
const HEALTHY_TOKEN = 'lab-webhook-token-healthy'
/** More jobs than all places of a worker. */
const SLOW_PUSHES = 60

let dripping: Server
let healthy: LabRegistry
let production: LabRegistry
let client: RegistryClient
let target: RegistryClient
let tallyman: LabTallyman
/** Paths that the dripping registry was asked for. */
const asked: string[] = []
beforeAll(async () => {
  dripping = createServer((request, response) => {
    asked.push(request.url ?? '')
    const timer = setInterval(() => response.write(' '), 1_000)
    response.on('close', () => clearInterval(timer)).write(' ')
  })
  await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve))
  const address = dripping.address()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/v1/events`
  healthy = await startRegistry({ notify: { url, token: HEALTHY_TOKEN, includeReferences: false } })
  production = await startRegistry()
  client = makeRegistryClient({ name: 'healthy', url: healthy.url, userAgent: 'docker/27' })
  target = makeRegistryClient({ name: 'production', url: production.url })
  const names = ['slow', 'healthy']
  tallyman = await startTallyman({
    registries: {
      slow: {
        url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
        token: WEBHOOK_TOKEN,
      },
      healthy: { url: healthy.url, token: HEALTHY_TOKEN },
      production: { url: production.url },
    },
    promotion: {
      rules: names.map((name) => ({
        name,
        from: { registry: name, repository: '**', tag: '*' },
        to: { registry: 'production' },
        settle: '100ms',
      })),
    },
    reconcile: { onNewInstance: false },
  })
  await tallyman.app.listen({ port })
})
afterAll(async () => {
  // Its jobs fail at once, so that the service need not wait for their answers.
  dripping?.close()
  dripping?.closeAllConnections()
  await tallyman?.close()
  await Promise.all([client?.close(), target?.close()])
  await Promise.all([healthy?.close(), production?.close()])
})

/** A push whose references must be looked up. */
const slowPush = (n: number) => ({
  id: `push-${n}`,
  timestamp: new Date().toISOString(),
  action: 'push',
  target: {
    ...{ mediaType: OCI_MANIFEST, size: 500, digest: hashOf(Buffer.from(`slow ${n}`)), tag: `v${n}` },
    ...{ repository: 'team/app', url: 'http://slow/v2/team/app/manifests/x' },
  },
  request: { id: `r-${n}`, method: 'PUT', useragent: 'docker/27' },
})

async function askReconcile(registry: string) {
  const answer = await tallyman.app.inject({
    method: 'POST',
    url: `/v1/registries/${registry}/reconcile`,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: { dryRun: false },
  })
  expect(answer.statusCode).toBe(202)
}

interface Registries {
  registries: { name: string; lastReconcileAt: string | null }[]
}

test('a registry that drips holds up no lookup, promotion or reconcile of another', async () => {
  const events = Array.from({ length: SLOW_PUSHES }, (_, n) => slowPush(n))
  expect(await tallyman.deliver({ events })).toBe(202)
  await askReconcile('slow')
  // Four lookups, two promotions and a reconcile wait for their answers.
  await eventually(
    async () => asked,
    (paths) => paths.includes('/v2/') && paths.filter((path) => path.includes('/manifests/')).length >= 6,
  )

  const image = makeImage({ layers: [{ seed: 'a', bytes: 1_000 }] })
  await pushImage(client, 'team/app', 'v1', image)
  const usage = await eventually(
    () => tallyman.get<{ manifests: number; unresolved: number }>('/v1/projects/healthy%2Fteam%2Fapp'),
    ({ manifests, unresolved }) => manifests === 1 && unresolved === 0,
  )
  expect(usage).toMatchObject({ manifests: 1, unresolved: 0 })
  await eventually(
    () => target.headManifest('team/app', 'v1'),
    (found) => found?.digest === image.root.digest,
  )
  await askReconcile('healthy')
  const { registries } = await eventually(
    () => tallyman.get<Registries>('/v1/registries'),
    (all) =>
      all.registries.some(({ name, lastReconcileAt }) => name === 'healthy' && lastReconcileAt !== null),
  )
  expect(registries.find(({ name }) => name === 'slow')).toMatchObject({ lastReconcileAt: null })
})
