import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type LabImage,
  makeBuildKitCache,
  makeImage,
  makeIndex,
  makeSignature,
  signatureTag,
} from '../lab/image.ts'
import { keepLines } from '../lab/log-lines.ts'
import { freePort } from '../lab/ports.ts'
import { pushImage } from '../lab/push-image.ts'
import { RECENTLY } from '../lab/recently.ts'
import { type LabRegistry, startRegistry } from '../lab/registry.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import type { PromotionReceipt } from '../src/promotion/receipt.ts'
import { makeRegistryClient, type RegistryClient } from '../src/registry/client.ts'
import { makeFolderStore } from '../src/store/folder-store.ts'

/** The whole loop on real registries: notifications, index, promotion, expiry, and the events that both cause. */
let ci: LabRegistry
let production: LabRegistry
let tallyman: LabTallyman
const { log, lines } = keepLines()
let source: RegistryClient
let target: RegistryClient

beforeAll(async () => {
  const port = await freePort()
  ci = await startRegistry({ notify: { url: `http://127.0.0.1:${port}/v1/events`, token: WEBHOOK_TOKEN } })
  production = await startRegistry()
  tallyman = await startTallyman(
    {
      registries: { ci: { url: ci.url, token: WEBHOOK_TOKEN }, production: { url: production.url } },
      promotion: {
        rules: [
          {
            name: 'releases',
            from: { registry: 'ci', repository: 'team/**', tag: 'v*' },
            to: { registry: 'production', repository: 'released/{name}' },
            ...{ overwrite: 'newer', settle: '100ms' },
          },
          {
            name: 'same-registry',
            from: { registry: 'ci', repository: 'team/app', tag: 'v*' },
            to: { registry: 'ci', repository: 'mirror/app' },
            settle: '100ms',
          },
        ],
      },
      expiry: {
        policies: [
          {
            name: 'branches',
            match: { registry: 'ci' },
            mode: 'apply',
            rules: [{ tag: 'pr-*', olderThan: '1ms', expire: true }],
          },
        ],
      },
    },
    { log },
  )
  await tallyman.app.listen({ port })
  source = makeRegistryClient({ name: 'ci', url: ci.url })
  target = makeRegistryClient({ name: 'production', url: production.url })
})
afterAll(async () => {
  await Promise.all([source?.close(), target?.close()])
  await tallyman?.close()
  await Promise.all([ci?.close(), production?.close()])
})

interface Receipt {
  rule: string
  digest: string
  manifests: string[]
  blobs: PromotionReceipt['blobs']
}
interface Run {
  id: string
  outcomes: { deleted: number }
}
interface Deletes {
  deletes: { digest: string; outcome: string }[]
}

const image = (seed: string, architecture = 'amd64') =>
  makeImage({
    layers: [
      { seed: 'base', bytes: 50_000 },
      { seed, bytes: 20_000 },
    ],
    architecture,
    label: seed,
  })
const index = (seed: string) =>
  makeIndex([
    { image: image(seed), architecture: 'amd64' },
    { image: image(`${seed}-arm`, 'arm64'), architecture: 'arm64' },
  ])
const promotions = async () => (await tallyman.get<{ promotions: Receipt[] }>('/v1/promotions')).promotions
const project = (id: string) =>
  tallyman.get<{ manifests: number; tags: number; uniqueBytes: number; unresolved: number }>(
    `/v1/projects/${encodeURIComponent(id)}`,
  )

test('a tagged release is promoted whole and by digest: index, children, blobs; mounted where it can be', async () => {
  const release = index('release')
  await pushImage(source, 'team/app', 'v1.0.0', release)
  const receipts = await eventually(promotions, (all) => all.length === 2)
  const across = receipts.find((r) => r.rule === 'releases')
  expect(across?.digest).toBe(release.root.digest)
  expect(across?.manifests).toHaveLength(3)
  expect(across?.manifests.at(-1)).toBe(release.root.digest)
  // Both children have the base layer: it is sent once.
  const all = {
    count: release.blobs.size,
    bytes: [...release.blobs.values()].reduce((sum, blob) => sum + blob.length, 0),
  }
  const none = { count: 0, bytes: 0 }
  expect(across?.blobs).toEqual({ sent: all, mounted: none, present: none })
  expect(receipts.find((r) => r.rule === 'same-registry')?.blobs).toEqual({
    ...{ sent: none, mounted: all, present: none },
  })
  for (const [client, repository] of [
    [target, 'released/app'],
    [source, 'mirror/app'],
  ] as const) {
    expect((await client.headManifest(repository, 'v1.0.0'))?.digest).toBe(release.root.digest)
    for (const digest of release.manifests.keys())
      expect(await client.headManifest(repository, digest)).toBeDefined()
    for (const digest of release.blobs.keys()) expect(await client.headBlob(repository, digest)).toBeDefined()
  }
})

test('a replayed push of a tag that has moved since does not move it back in production', async () => {
  const [old, young, last] = [image('old'), image('young'), image('last')]
  await pushImage(source, 'team/replay', 'v2', old)
  await eventually(promotions, (all) => all.some((r) => r.digest === old.root.digest))
  await pushImage(source, 'team/replay', 'v2', young)
  await eventually(promotions, (all) => all.some((r) => r.digest === young.root.digest))
  const push = (id: string, { root }: LabImage, tag: string) => ({
    id,
    timestamp: RECENTLY,
    action: 'push',
    target: { ...root, repository: 'team/replay', tag, references: [] },
  })
  expect(await tallyman.deliver({ events: [push('replayed', old, 'v2')] })).toBe(202)
  await tallyman.untilDone('events')
  await pushImage(source, 'team/replay', 'v3', last)
  await eventually(promotions, (all) => all.some((r) => r.digest === last.root.digest))
  await tallyman.untilDone('promotion')
  expect((await target.headManifest('released/replay', 'v2'))?.digest).toBe(young.root.digest)
})

test('expiry deletes what its rules name, with children and signatures, and nothing that a kept image needs', async () => {
  const repository = 'clean/app'
  const shared = image('shared')
  const [kept, gone] = [index('kept'), index('gone')]
  const signature = makeSignature(gone.root.digest)
  await pushImage(source, repository, 'pr-1', image('lonely'))
  await pushImage(source, repository, 'pr-2', shared)
  await pushImage(source, repository, 'stable', shared)
  await pushImage(source, repository, 'main', kept)
  const child = [...kept.manifests.keys()][0] ?? ''
  const childBytes = kept.manifests.get(child)
  if (childBytes === undefined) throw new Error('an index without children')
  await source.putManifest(repository, 'pr-3', childBytes.bytes, childBytes.mediaType)
  await pushImage(source, repository, 'pr-4', gone)
  await pushImage(source, repository, signatureTag(gone.root.digest), signature)
  await pushImage(source, repository, 'cache', makeBuildKitCache([{ seed: 'c', bytes: 1000 }]))
  // Expiry keeps everything in a repository until all its manifests are resolved.
  await eventually(
    () => project('ci/clean/app'),
    (p) => p.tags === 8 && p.unresolved === 0,
  )
  await tallyman.reconcile('ci')

  const answer = await tallyman.app.inject({
    method: 'POST',
    url: '/v1/expiry/runs',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    payload: { policy: 'branches', dryRun: false },
  })
  expect(answer.statusCode).toBe(202)
  const [run] = await eventually(
    async () => (await tallyman.get<{ runs: Run[] }>('/v1/expiry/runs')).runs,
    (runs) => runs.some(({ outcomes }) => outcomes.deleted > 0),
  )
  const { deletes } = await tallyman.get<Deletes>(`/v1/expiry/runs/${run?.id}/deletes`)
  // A kept tag shares the digest: only the tag went.
  expect(deletes.filter(({ outcome }) => outcome !== 'deleted')).toMatchObject([
    { digest: shared.root.digest, untag: ['pr-2'], outcome: 'untagged' },
  ])
  const deleted = new Set(deletes.flatMap(({ digest, outcome }) => (outcome === 'deleted' ? [digest] : [])))
  const expected = new Set([image('lonely').root.digest, ...gone.manifests.keys(), signature.root.digest])
  expect(deleted).toEqual(expected)

  for (const digest of deleted) expect(await source.headManifest(repository, digest)).toBeUndefined()
  const tags = await Array.fromAsync(source.tags(repository))
  expect(tags.sort()).toEqual(['cache', 'main', 'pr-3', 'stable'])
  for (const digest of kept.manifests.keys())
    expect(await source.headManifest(repository, digest)).toBeDefined()
  await eventually(
    () => project('ci/clean/app'),
    (p) => p.tags === 4 && p.manifests === 5,
  )
})

test('before garbage is collected, an expired image can be put back from the trash', async () => {
  const repository = 'undo/app'
  const victim = image('victim')
  await pushImage(source, repository, 'pr-1', victim)
  await eventually(
    () => project('ci/undo/app'),
    (p) => p.tags === 1,
  )
  await tallyman.reconcile('ci')
  const asked = await tallyman.app.inject({
    method: 'POST',
    url: '/v1/expiry/runs',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    payload: { policy: 'branches', dryRun: false },
  })
  // While the registry is still at work on a delete, it answers 500 to a push.
  await eventually(
    () => tallyman.get<{ state: string }>(`/v1/jobs/expiry/${asked.json().job}`),
    ({ state }) => state === 'completed',
  )
  expect(await source.headManifest(repository, 'pr-1')).toBeUndefined()
  const store = makeFolderStore({ path: `${tallyman.folder}/store` })
  const entry = JSON.parse(String(await store.get(`trash/ci/${repository}/${victim.root.digest}.json`)))
  expect(entry.tags).toEqual(['pr-1'])
  await source.putManifest(repository, entry.tags[0], Buffer.from(entry.manifest, 'base64'), entry.mediaType)
  expect((await source.headManifest(repository, 'pr-1'))?.digest).toBe(victim.root.digest)
})

test('the log has one line with its numbers for each promotion, delete, run, reconcile and snapshot', async () => {
  const ask = async (url: string, payload?: object) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const answer = await tallyman.app.inject({ method: 'POST', url, headers, ...(payload && { payload }) })
    expect(answer.statusCode).toBe(202)
  }
  const from = lines.length
  const release = image('logged')
  await pushImage(source, 'team/logged', 'v1', release)
  await pushImage(source, 'logged/app', 'pr-1', image('logged and expired'))
  const { digest } = image('logged and expired').root
  await eventually(promotions, (all) => all.some((r) => r.digest === release.root.digest))
  await eventually(
    () => project('ci/logged/app'),
    (p) => p.tags === 1 && p.unresolved === 0,
  )
  await ask('/v1/expiry/runs', { policy: 'branches', dryRun: false })
  await ask('/v1/registries/ci/reconcile', {})
  await ask('/v1/snapshots')
  const line = (start: string) => lines.filter(({ msg }, n) => n >= from && msg.startsWith(start))
  // A reconcile may also begin by itself, since the registry sent its first events.
  await eventually(
    async () => ['expiry branches', 'ci: reconciled', 'snapshot written'].map((start) => line(start)),
    (found) => found.every(({ length }) => length > 0),
  )
  const size = [...release.blobs.values()].reduce((sum, blob) => sum + blob.length, 0)
  const { sent, mounted } = (await promotions()).find((r) => r.digest === release.root.digest)?.blobs ?? {}
  // The index knows who else has the base layer.
  expect((sent?.bytes ?? 0) + (mounted?.bytes ?? 0)).toBe(size)
  expect(line('promoted ci/team/logged:v1 ')).toMatchObject([
    { level: 'info', rule: 'releases', digest: release.root.digest, bytes: sent?.bytes, manifests: 1 },
  ])
  expect(line(`deleted: ci/logged/app@${digest} (pr-1), `)).toMatchObject([
    { policy: 'branches', registry: 'ci', tags: ['pr-1'], bytes: expect.any(Number), outcome: 'deleted' },
  ])
  // With those of the tests before that are old again.
  const [run] = line('expiry branches: deleted ')
  expect(run).toMatchObject({ deleted: expect.any(Number), kept: expect.any(Number) })
  expect(run?.deleted).toBeGreaterThan(0)
  expect(line('ci: reconciled over its API in ')).toContainEqual(
    expect.objectContaining({ registry: 'ci', failed: 0, repositories: expect.any(Number) }),
  )
  expect(line('snapshot written: ')).toMatchObject([{ projects: expect.any(Number), deleted: [] }])
})
