import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** A registry that is older than Tallyman. Its first events, and each restart, start a reconcile over its API. */
let registry: LabRegistry
let tallyman: LabTallyman
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
  tallyman = await startTallyman({
    reconcile: { pause: '1s' },
    registries: { ci: { url: registry.url, token: WEBHOOK_TOKEN } },
  })
})
afterAll(async () => {
  await client?.close()
  await tallyman?.close()
  await registry?.close()
})

interface Registry {
  confidence: string
  lastEventAt: string | null
  lastReconcile: ReconcileReport | null
  gaps: { since: string | null; reason: string }[]
}
const status = async () =>
  (await tallyman.get<{ registries: Registry[] }>('/v1/registries')).registries[0] as Registry

const image = (seed: string) => makeImage({ layers: [{ seed, bytes: 5_000 }], label: seed })

async function restart(port: number): Promise<void> {
  await registry.process.stop('SIGKILL')
  const { folder, host } = registry
  const notify = { url: `http://127.0.0.1:${port}/v1/events`, token: WEBHOOK_TOKEN }
  registry = await startRegistry({ folder, port: Number(host.split(':')[1]), notify })
}

test('images from before the first event, and events lost in a restart, get into the index by themselves', async () => {
  expect(await status()).toMatchObject({
    lastEventAt: null,
    lastReconcile: null,
    confidence: 'events may be missing since the beginning: no reconcile has read the whole registry yet',
  })
  for (const tag of ['a', 'b']) await pushImage(client, 'team/app', tag, image(tag))
  await pushImage(client, 'team/old', 'v1', image('old'))

  const port = await freePort()
  await restart(port)
  await tallyman.app.listen({ port })
  await pushImage(client, 'team/app', 'c', image('c'))
  const first = await eventually(status, ({ confidence }) => confidence.startsWith('exact since'))
  expect(first.lastReconcile).toMatchObject({
    method: 'api',
    reason: 'the registry sent its first events',
    failed: 0,
    stored: null,
    drift: { manifestsMissed: 3, repositoriesMissed: 1 },
  })
  const tagsOf = async (project: string) =>
    (
      await tallyman.get<{ tags: { repository: string; tag: string }[] }>(
        `/v1/projects/${encodeURIComponent(`ci/${project}`)}/tags`,
      )
    ).tags.map(({ tag }) => tag)
  expect(await tagsOf('team/app')).toEqual(['a', 'b', 'c'])
  expect(await tagsOf('team/old')).toEqual(['v1'])

  // The registry runs without notifications: no event tells of these deletes.
  await registry.process.stop('SIGKILL')
  const { folder, host } = registry
  registry = await startRegistry({ folder, port: Number(host.split(':')[1]) })
  await client.deleteManifest('team/app', image('a').root.digest)
  await client.deleteManifest('team/old', image('old').root.digest)
  await restart(port)
  await pushImage(client, 'team/app', 'd', image('d'))
  const second = await eventually(
    status,
    ({ confidence, lastReconcile }) =>
      confidence.startsWith('exact since') &&
      lastReconcile?.reason === 'the registry was restarted, or has one more process',
  )
  expect(second.lastReconcile?.drift).toMatchObject({
    manifestsGone: 2,
    repositoriesLost: 1,
    manifestsMissed: 0,
  })
  expect(await tagsOf('team/app')).toEqual(['b', 'c', 'd'])
  expect(await tagsOf('team/old')).toEqual([])
})
