import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeIsPlaceholder, makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { makeMatch, type PromotionRule } from '../../src/promotion/match.ts'
import { makePromote } from '../../src/promotion/promote.ts'
import { PromotionReceipt } from '../../src/promotion/receipt.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { OCI_MANIFEST } from '../../src/registry/manifest.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { type Journal, makeJournal } from '../../src/store/journal.ts'
import { projectKeys } from '../../src/usage/keys.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

/** Promotions between two real registries, with an index in a real Redis. */
const bed = useRedis()
let registries: Record<'ci' | 'production', FaultyRegistry>
let clients: Record<string, RegistryClient>
let folder: string

beforeAll(async () => {
  const [ci, production] = await Promise.all([startFaultyRegistry(), startFaultyRegistry()])
  registries = { ci, production }
  clients = {
    ci: makeRegistryClient({ name: 'ci', url: ci.url }),
    production: makeRegistryClient({ name: 'production', url: production.url }),
  }
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-promote-'))
  for (const registry of Object.values(registries)) registry.reset()
  return () => rm(folder, { recursive: true })
})
afterAll(async () => {
  for (const client of Object.values(clients ?? {})) await client.close()
  for (const registry of Object.values(registries ?? {})) await registry.close()
})

const clientOf = (registry: string): RegistryClient => {
  const client = clients[registry]
  if (client === undefined) throw new Error(`no client for ${registry}`)
  return client
}

/** epoch µs */
const PUSHED_AT = 1_795_449_746_518_381
const SECOND = 1_000_000
const NOW = new Date('2026-11-23T16:03:00.000Z')
const LATER = new Date('2026-11-23T16:05:00.000Z')

const RELEASES: PromotionRule = {
  name: 'releases',
  from: { registry: 'ci', repository: 'team/**', tag: 'v*' },
  to: { registry: 'production', repository: 'released/{repository}', tag: '{tag}' },
}

function setUp({ rules = [RELEASES], receipts = journalIn(folder) } = {}) {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const metrics = makeMetrics()
  const match = makeMatch(rules, ({ repository }) => repository)
  const promote = makePromote({
    ...{ index, clientOf, match, receipts, metrics },
    isPlaceholder: makeIsPlaceholder(makeFolderStore({ path: folder })),
  })
  const promotedBytes = async () => (await metrics.promotedBytes.get()).values
  return { index, receipts, promote, promotedBytes }
}

const journalIn = (path: string): Journal<PromotionReceipt> =>
  makeJournal({
    store: makeFolderStore({ path }),
    kind: 'promotions',
    schema: PromotionReceipt,
    onUnreadable: (_, error) => {
      throw error
    },
  })

let images = 0
/** An image in a repository of its own, pushed as `v1`. */
async function release() {
  images += 1
  const image = makeImage({ layers: [{ seed: `layer ${images}`, bytes: 10_000 }], label: `${images}` })
  const repository = `team/app${images}`
  await pushImage(clientOf('ci'), repository, 'v1', image)
  const job: PromotionJob = {
    ...{ rule: 'releases', registry: 'ci', project: `ci/${repository}`, repository, tag: 'v1' },
    ...{ digest: image.root.digest, pushedAt: PUSHED_AT },
  }
  return { image, repository, job }
}

const sizeOf = (image: LabImage) => [...image.blobs.values()].reduce((sum, { length }) => sum + length, 0)
const promotedTag = (repository: string) =>
  clientOf('production').headManifest(`released/${repository}`, 'v1')
const pushFact = (job: PromotionJob, at: number, digest = job.digest) => ({
  ...{ kind: 'push' as const, repository: job.repository, at, digest, size: 500, tag: job.tag },
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
})
const OTHER = `sha256:${'0'.repeat(64)}`

test('a promotion copies the image, stores a receipt and counts the bytes', async () => {
  const { promote, receipts, promotedBytes } = setUp()
  const { image, repository, job } = await release()
  const receipt = await promote(job, NOW)
  expect(receipt).toEqual({
    id: expect.stringMatching(/^j[0-9a-f]{32}$/),
    at: NOW.toISOString(),
    rule: 'releases',
    from: { registry: 'ci', repository, tag: 'v1' },
    to: { registry: 'production', repository: `released/${repository}`, tag: 'v1' },
    digest: image.root.digest,
    manifests: [image.root.digest],
    blobs: { sent: image.blobs.size, mounted: 0, present: 0 },
    bytes: sizeOf(image),
  })
  expect(await receipts.recent(5)).toEqual([receipt])
  // Blobs of another registry cannot be mounted.
  expect(registries.production.requests.filter((line) => line.includes('mount='))).toEqual([])
  expect(await promotedBytes()).toEqual([{ labels: { rule: 'releases' }, value: sizeOf(image) }])
  expect((await promotedTag(repository))?.digest).toBe(image.root.digest)
})

test('a placeholder by which expiry deletes a tag is not copied', async () => {
  const { promote, receipts } = setUp()
  const { repository, job } = await release()
  const client = clientOf('ci')
  let placeholder = ''
  const placeholders = makePlaceholders({
    client: {
      ...client,
      async putManifest(...args) {
        placeholder = await client.putManifest(...args)
        // The notification arrives before the delete.
        expect(await promote({ ...job, digest: placeholder }, NOW)).toBeUndefined()
        return placeholder
      },
    },
    ...{ registry: 'ci', store: makeFolderStore({ path: folder }), now: () => Date.now() * 1000 },
  })
  const bytes = (await client.getManifest(repository, 'v1'))?.bytes ?? Buffer.alloc(0)
  const { digest } = job
  const replaced = { project: `ci/${repository}`, repository, tag: 'v1', digest, mediaType: OCI_MANIFEST }
  const manifest = bytes.toString('base64')
  expect(await placeholders.deleteTag({ ...replaced, manifest }, async () => undefined)).toEqual({
    outcome: 'untagged',
  })
  expect(await promote({ ...job, digest: placeholder }, NOW)).toBeUndefined()
  expect(await receipts.recent(5)).toEqual([])
  expect(await promotedTag(repository)).toBeUndefined()
})

test('the same job twice has one id and uploads nothing the second time', async () => {
  const { promote, promotedBytes } = setUp()
  const { image, job } = await release()
  const first = await promote(job, NOW)
  const second = await promote(job, LATER)
  expect(second).toEqual({
    ...first,
    at: LATER.toISOString(),
    blobs: { sent: 0, mounted: 0, present: image.blobs.size },
    bytes: 0,
  })
  expect(await promotedBytes()).toMatchObject([{ value: sizeOf(image) }])
})

test.each<[string, Partial<PromotionJob>]>([
  ['time', { pushedAt: PUSHED_AT + 1 }],
  ['tag', { tag: 'v2' }],
])('the push of another %s has another id', async (_, change) => {
  const { promote } = setUp()
  const { job } = await release()
  const first = await promote(job, NOW)
  expect((await promote({ ...job, ...change }, NOW))?.id).not.toBe(first?.id)
})

test('the rule that the job names decides where the image goes', async () => {
  const mirror = { ...RELEASES, name: 'mirror', to: { ...RELEASES.to, repository: 'mirror/{repository}' } }
  const { promote } = setUp({ rules: [RELEASES, mirror] })
  const { job } = await release()
  expect((await promote({ ...job, rule: 'mirror' }, NOW))?.to.repository).toBe(`mirror/${job.repository}`)
})

test('a rule within one registry mounts the blobs', async () => {
  const within = { ...RELEASES, to: { ...RELEASES.to, registry: 'ci' } }
  // `released/…` is no repository of the rule, so it does not feed itself.
  const { promote, promotedBytes } = setUp({ rules: [within] })
  const { image, job } = await release()
  const receipt = await promote(job, NOW)
  expect(receipt?.blobs).toEqual({ sent: 0, mounted: image.blobs.size, present: 0 })
  expect(await promotedBytes()).toMatchObject([{ value: 0 }])
})

describe('nothing is copied', () => {
  const expectNothing = async (setup: ReturnType<typeof setUp>, job: PromotionJob) => {
    registries.ci.reset()
    expect(await setup.promote(job, NOW)).toBeUndefined()
    expect(registries.ci.requests).toEqual([])
    expect(registries.production.requests).toEqual([])
    expect(await setup.receipts.recent(5)).toEqual([])
    expect(await setup.promotedBytes()).toEqual([])
  }

  test('if the rule is no longer configured', async () => {
    const { job } = await release()
    await expectNothing(setUp({ rules: [] }), job)
    await expectNothing(setUp(), { ...job, rule: 'retired' })
  })

  test('if the rule no longer matches the image', async () => {
    const { job } = await release()
    const narrower = { ...RELEASES, from: { ...RELEASES.from, tag: 'release-*' } }
    await expectNothing(setUp({ rules: [narrower] }), job)
  })

  test('if a younger push has moved the tag to another digest', async () => {
    const setup = setUp()
    const { job } = await release()
    await setup.index.apply(job.project, [pushFact(job, PUSHED_AT), pushFact(job, PUSHED_AT + SECOND, OTHER)])
    await expectNothing(setup, job)
  })
})

describe('the image is copied', () => {
  test.each<[string, (job: PromotionJob) => ReturnType<typeof pushFact>[]]>([
    ['if its push is the last one of the tag', (job) => [pushFact(job, PUSHED_AT)]],
    ['if an older push gave the tag another digest', (job) => [pushFact(job, PUSHED_AT - SECOND, OTHER)]],
    ['if the other push has the same time', (job) => [pushFact(job, PUSHED_AT, OTHER)]],
    ['if the same digest was pushed again', (job) => [pushFact(job, PUSHED_AT + SECOND)]],
    ['if the index does not know the tag', () => []],
  ])('%s', async (_, facts) => {
    const { promote, index } = setUp()
    const { job, repository } = await release()
    await index.apply(job.project, facts(job))
    expect((await promote(job, NOW))?.digest).toBe(job.digest)
    expect((await promotedTag(repository))?.digest).toBe(job.digest)
  })
})

describe('a promotion that fails can be repeated', () => {
  test('after the target broke off: no receipt, no tag, no bytes', async () => {
    const { promote, receipts, promotedBytes } = setUp()
    const { job, repository } = await release()
    registries.production.onRequest(({ path }) => (path.endsWith('/manifests/v1') ? 500 : undefined))
    await expect(promote(job, NOW)).rejects.toMatchObject({ name: 'RegistryError', status: 500 })
    registries.production.reset()
    expect(await promotedTag(repository)).toBeUndefined()
    expect(await receipts.recent(5)).toEqual([])
    expect(await promotedBytes()).toEqual([])

    const receipt = await promote(job, LATER)
    expect(receipt?.blobs).toMatchObject({ sent: 0 })
    expect((await promotedTag(repository))?.digest).toBe(job.digest)
    expect(await receipts.recent(5)).toEqual([receipt])
  })

  test('after the receipt could not be stored', async () => {
    const journal = journalIn(folder)
    let isFull = true
    const receipts = {
      ...journal,
      append: (receipt: PromotionReceipt) =>
        isFull ? Promise.reject(new Error('ENOSPC')) : journal.append(receipt),
    }
    const { promote, promotedBytes } = setUp({ receipts })
    const { job } = await release()
    await expect(promote(job, NOW)).rejects.toThrow('ENOSPC')
    expect(await promotedBytes()).toEqual([])
    isFull = false
    const receipt = await promote(job, LATER)
    expect(receipt?.blobs.sent).toBe(0)
    expect(await journal.recent(5)).toEqual([receipt])
  })

  test('after the index could not be read: the copy did not begin', async () => {
    const { promote } = setUp()
    const { job } = await release()
    registries.ci.reset()
    const key = projectKeys('t', job.project).repositories
    await bed.redis.set(key, 'a string in place of a hash')
    await expect(promote(job, NOW)).rejects.toThrow('WRONGTYPE')
    expect(registries.production.requests).toEqual([])
    await bed.redis.del(key)
    expect(await promote(job, NOW)).toBeDefined()
  })
})
