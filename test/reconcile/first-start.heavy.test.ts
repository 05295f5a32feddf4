import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { ADMIN_TOKEN, eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { FIRST_READING } from '../../src/reconcile/reconcile-jobs.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** A registry that is older than Tallyman: three repositories, in two projects. */
let registry: LabRegistry
let client: RegistryClient
const image = (seed: string) => makeImage({ layers: [{ seed, bytes: 3_000 }], label: seed })
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
  for (const name of ['a/x', 'a/y', 'b']) await pushImage(client, name, 'v1', image(name))
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

interface Registry {
  name: string
  state: string
  confidence: string
  lastReconcile: { reason: string } | null
}
const configFor = (store: object = {}) => ({
  registries: { ci: { url: registry.url, token: WEBHOOK_TOKEN }, target: { url: 'http://127.0.0.1:1' } },
  reconcile: { atFirstStart: true },
  ...store,
})
async function start(config: Record<string, unknown>) {
  const tallyman = await startTallyman(config)
  return {
    tallyman,
    registries: async () => (await tallyman.get<{ registries: Registry[] }>('/v1/registries')).registries,
    count: async () => (await tallyman.get<{ projects: object[] }>('/v1/projects')).projects.length,
  }
}

test('a registry that was never read is read at the first start, and again at once when its first event comes', async () => {
  const { tallyman, registries, count } = await start(configFor())
  try {
    const [ci, target] = await eventually(registries, ([ci]) => ci?.state === 'read')
    expect(ci).toMatchObject({
      confidence: expect.stringMatching(/^exact since/),
      lastReconcile: { reason: FIRST_READING },
    })
    expect(target).toMatchObject({ state: 'target only', confidence: 'target only: it sends no events' })
    await eventually(count, (projects) => projects === 3)

    // Pushed between the first reading and the webhook.
    await pushImage(client, 'c', 'v1', image('c'))
    const port = await freePort()
    await tallyman.app.listen({ port })
    await registry.process.stop('SIGKILL')
    const { folder, host } = registry
    const notify = { url: `http://127.0.0.1:${port}/v1/events`, token: WEBHOOK_TOKEN }
    registry = await startRegistry({ folder, port: Number(host.split(':')[1]), notify })
    await pushImage(client, 'd', 'v1', image('d'))
    await eventually(registries, ([ci]) => ci?.lastReconcile?.reason === 'the registry sent its first events')
    await eventually(count, (projects) => projects === 5)
  } finally {
    await tallyman.close()
  }
})

test('an empty Redis with snapshots in the store: the newest is restored, and each registry is read', async () => {
  const { folder } = registry
  const path = `${folder}/store`
  const config = configFor({ store: { type: 'folder', path } })
  const first = await start(config)
  await eventually(first.registries, ([ci]) => ci?.state === 'read')
  const written = await first.tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/snapshots' },
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  expect(written.statusCode).toBe(202)
  await eventually(
    async () => (await first.tallyman.get<{ snapshots: object[] }>('/v1/snapshots')).snapshots,
    (snapshots) => snapshots.length === 1,
  )
  await first.tallyman.close()

  const second = await start(config)
  try {
    const [ci] = await eventually(second.registries, ([one]) => one?.state === 'read')
    expect(ci).toMatchObject({ lastReconcile: { reason: 'Redis lost its data' } })
    const { jobs } = await second.tallyman.get<{ jobs: object[] }>('/v1/jobs/snapshot/failed')
    expect(jobs).toEqual([])
  } finally {
    await second.tallyman.close()
    await rm(path, { recursive: true })
  }
})
