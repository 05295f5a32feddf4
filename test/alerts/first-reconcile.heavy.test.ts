import pMap from 'p-map'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** A registry that is older than Tallyman: 300 projects, each over its quota. */
const COUNT = 300
let registry: LabRegistry
let chat: Receiver
beforeAll(async () => {
  registry = await startRegistry()
  chat = await startReceiver((response) => response.end('ok'))
  const client = makeRegistryClient({ name: 'ci', url: registry.url })
  const image = makeImage({ layers: [{ seed: 'a', bytes: 3_000 }] })
  const names = Array.from({ length: COUNT }, (_, n) => `team-${n}`)
  await pMap(names, (name) => pushImage(client, name, 'v1', image), { concurrency: 8 })
  await client.close()
})
afterAll(async () => {
  chat?.close()
  await registry?.close()
})

test('a first reconcile of 300 projects over their quotas gives one message', async () => {
  const tallyman = await startTallyman({
    registries: { ci: { url: registry.url, token: WEBHOOK_TOKEN } },
    quotas: [{ project: '**', limit: '2KiB' }],
    alerts: { channels: [{ name: 'ops', type: 'slack', url: chat.url }] },
  })
  try {
    await tallyman.reconcile('ci')
    await eventually(
      () => tallyman.get<{ alerts: object[] }>('/v1/alerts?limit=1000'),
      ({ alerts }) => alerts.length === COUNT,
    )
    await tallyman.untilDone('alerts')
    expect(chat.received.map(({ body }) => JSON.parse(body).text)).toEqual([
      expect.stringMatching(/^300 alerts .*: 300 quota\.over\./),
    ])
  } finally {
    await tallyman.close()
  }
})
