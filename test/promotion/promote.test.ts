import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Fault, type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makeIsPlaceholder, makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import type { GatesResult } from '../../src/promotion/gates/check-gates.ts'
import type { Attempt } from '../../src/promotion/outcome.ts'
import { makePromote } from '../../src/promotion/promote.ts'
import type { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { makeReceipts, type Receipts } from '../../src/promotion/receipts.ts'
import { type CopyOptions, UNRULED } from '../../src/promotion/rule.ts'
import { makeTargets } from '../../src/promotion/targets.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { OCI_MANIFEST } from '../../src/registry/manifest.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

/** Promotions between two real registries. The clock is the test's. */
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

/** epoch ms */
const ASKED_AT = Date.parse('2026-11-23T16:03:00.000Z')
const OPTIONS: CopyOptions = { ...UNRULED, settle: 3_000, waitFor: 60_000 }
const OPEN: GatesResult = { state: 'open', results: [] }

/** A promotion service whose clock stands at `clock.now`, epoch ms. */
function setUp({
  options = OPTIONS,
  receipts,
}: {
  options?: CopyOptions | undefined
  receipts?: Partial<Receipts>
} = {}) {
  const clock = { now: ASKED_AT + 10_000 }
  const store = makeFolderStore({ path: folder })
  const stored = makeReceipts({
    sign: () => undefined,
    ...{ store, keepMs: 1e12, now: () => clock.now },
    onUnreadable: (_, error) => {
      throw error
    },
    onError: (error) => {
      throw error
    },
  })
  const set = { options: options as CopyOptions | undefined, gates: OPEN, youngest: '' }
  const followed: { digests: string[]; ms: number }[] = []
  const metrics = makeMetrics()
  const promoteJob = makePromote({
    ...{ clientOf, metrics, copier: makeCopier(), targets: makeTargets(store) },
    receipts: { ...stored, ...receipts },
    optionsOf: () => set.options,
    isPlaceholder: makeIsPlaceholder(store),
    isYounger: async (_, digest) => digest === set.youngest,
    checkGates: async () => set.gates,
    mountFrom: () => async () => [],
    attachReceipt: async () => {},
    warn: () => {},
    follow: async (_, { manifests }, ms) => void followed.push({ digests: manifests, ms }),
    now: () => clock.now,
  })
  const promote = (job: PromotionJob, more: Partial<Attempt> = {}) =>
    promoteJob(job, {
      ...{ id: `p${job.digest.slice(7, 15)}`, askedAt: ASKED_AT, seenAt: ASKED_AT },
      ...{ isMyTurn: async () => true, onProgress: () => {} },
      ...more,
    })
  const promotedBytes = async () => (await metrics.promotedBytes.get()).values
  return { promote, receipts: stored, clock, set, followed, promotedBytes }
}

let images = 0
/** An image in a repository of its own, or in the one given, pushed as `v1`. */
async function release(at: { repository?: string; tag?: string; pushedAt?: number } = {}) {
  images += 1
  const image = makeImage({ layers: [{ seed: `layer ${images}`, bytes: 10_000 }], label: `${images}` })
  const { repository = `team/app${images}`, tag = 'v1', pushedAt = ASKED_AT * 1_000 } = at
  await pushImage(clientOf('ci'), repository, tag, image)
  const job: PromotionJob = {
    ...{ kind: 'copy', rule: 'releases', registry: 'ci', project: `ci/${repository}`, repository, tag },
    ...{ digest: image.root.digest, pushedAt, by: 'push' },
    to: { registry: 'production', repository: `released/${repository}`, tag },
  }
  return { image, repository, job }
}

const sizeOf = (image: LabImage) => [...image.blobs.values()].reduce((sum, { length }) => sum + length, 0)
const targetOf = async ({ to }: PromotionJob) =>
  (await clientOf(to.registry).headManifest(to.repository, to.tag))?.digest
const receiptIn = (outcome: Awaited<ReturnType<ReturnType<typeof setUp>['promote']>>): PromotionReceipt => {
  if (outcome.state !== 'promoted') throw new Error(`${outcome.state}: ${outcome.why}`)
  return outcome.receipt
}

test('a promotion copies the image, stores a receipt that is found by its id, and counts the bytes', async () => {
  const { promote, receipts, promotedBytes, followed } = setUp({ options: { ...OPTIONS, follow: 1_000 } })
  const { image, repository, job } = await release()
  const receipt = receiptIn(await promote(job))
  expect(receipt).toEqual({
    ...{ id: expect.any(String), kind: 'promotion', rule: 'releases', by: 'push' },
    ...{ at: '2026-11-23T16:03:10.000Z', askedAt: '2026-11-23T16:03:00.000Z' },
    from: { registry: 'ci', repository, tag: 'v1' },
    to: { registry: 'production', repository: `released/${repository}`, tag: 'v1' },
    ...{ digest: image.root.digest, manifests: [image.root.digest] },
    ...{ absent: [], leftOut: [], referrers: [], tags: [], leftBehind: [], gates: [] },
    blobs: {
      sent: { count: 2, bytes: sizeOf(image) },
      mounted: { count: 0, bytes: 0 },
      present: { count: 0, bytes: 0 },
    },
  })
  expect(await targetOf(job)).toBe(image.root.digest)
  expect(await receipts.recent(10)).toEqual([receipt])
  expect(await receipts.find(receipt.id)).toEqual(receipt)
  expect(followed).toEqual([{ digests: [image.root.digest], ms: 1_000 }])
  expect(await promotedBytes()).toMatchObject([{ labels: { rule: 'releases' }, value: sizeOf(image) }])
})

test('a promotion that runs twice is done once', async () => {
  const { promote, receipts } = setUp()
  const { job } = await release()
  const first = receiptIn(await promote(job))
  await clientOf('production').deleteManifest(job.to.repository, job.digest)
  expect(receiptIn(await promote(job))).toEqual(first)
  expect(await targetOf(job)).toBeUndefined()
  expect(await receipts.recent(10)).toHaveLength(1)
})

test('a promotion that was killed before its receipt ends on the second attempt, and says what it replaced', async () => {
  const { promote, set } = setUp({
    options: { ...OPTIONS, overwrite: 'always' },
    receipts: { append: async () => Promise.reject(new Error('killed')) },
  })
  const { repository, job: old } = await release()
  await expect(promote(old)).rejects.toThrow('killed')
  const { job } = await release({ repository })
  await expect(promote(job)).rejects.toThrow('killed')
  expect(await targetOf(job)).toBe(job.digest)
  const again = setUp({ options: set.options })
  expect(receiptIn(await again.promote(job))).toMatchObject({
    replaced: old.digest,
    blobs: { sent: { count: 0 } },
  })
})

describe('the tag at the source decides', () => {
  test('an image whose tag names another one is not promoted', async () => {
    const { promote, clock } = setUp()
    const { repository, job } = await release()
    await release({ repository })
    expect(await promote(job)).toMatchObject({ state: 'waiting', why: 'its tag does not name it yet' })
    clock.now = ASKED_AT + 60_000
    expect(await promote(job)).toMatchObject({
      state: 'dropped',
      why: expect.stringContaining('its tag names'),
    })
    expect(await targetOf(job)).toBeUndefined()
  })

  test('a tag that a younger push has moved drops the promotion some seconds after it was asked for', async () => {
    const { promote, clock, set } = setUp()
    const { repository, job } = await release()
    set.youngest = (await release({ repository })).job.digest
    clock.now = ASKED_AT + 4_999
    expect(await promote(job)).toMatchObject({ state: 'waiting' })
    clock.now = ASKED_AT + 5_000
    expect(await promote(job)).toEqual({ state: 'dropped', why: `its tag names ${set.youngest} by now` })
  })

  test('a forged push of a digest that no tag names is not promoted, whenever it says that it was', async () => {
    const { promote, clock } = setUp()
    const { job } = await release()
    const other = makeImage({ layers: [{ seed: 'forged', bytes: 100 }], label: 'forged' })
    await pushImage(clientOf('ci'), job.repository, 'mine', other)
    const forged = { ...job, digest: other.root.digest, pushedAt: job.pushedAt + 1e15 }
    clock.now = ASKED_AT + 60_000
    expect(await promote(forged)).toMatchObject({ state: 'dropped' })
    expect(receiptIn(await promote(job)).digest).toBe(job.digest)
  })

  test('a push that is announced before the tag is written is asked for again', async () => {
    const { promote, clock } = setUp()
    const { image, repository, job } = await release()
    await clientOf('ci').deleteManifest(repository, image.root.digest)
    clock.now = ASKED_AT + 1_000
    const early = await promote(job, { seenAt: undefined })
    expect(early).toEqual({ state: 'waiting', why: 'its tag does not name it yet', again: ASKED_AT + 2_000 })
    await pushImage(clientOf('ci'), repository, 'v1', image)
    clock.now = ASKED_AT + 2_000
    const settling = await promote(job, { seenAt: undefined })
    expect(settling).toMatchObject({ state: 'waiting', again: ASKED_AT + 5_000, seenAt: ASKED_AT + 2_000 })
    clock.now = ASKED_AT + 5_000
    expect(receiptIn(await promote(job, { seenAt: ASKED_AT + 2_000 })).digest).toBe(job.digest)
  })

  test('a tag that moves while its image is copied is not written', async () => {
    const { promote } = setUp()
    const { repository, job } = await release()
    let isMoved = false
    const outcome = await promote(job, {
      async isMyTurn() {
        await release({ repository })
        isMoved = true
        return true
      },
    })
    expect(isMoved).toBe(true)
    expect(outcome).toMatchObject({ state: 'waiting', why: 'its tag does not name it yet' })
    expect(await targetOf(job)).toBeUndefined()
  })

  test('a tag that is gone drops the promotion, also while the image is copied', async () => {
    const { promote, clock } = setUp()
    const { repository, job } = await release()
    clock.now = ASKED_AT + 60_000
    const outcome = await promote(job, {
      async isMyTurn() {
        await clientOf('ci').deleteManifest(repository, job.digest)
        return true
      },
    })
    expect(outcome).toEqual({ state: 'dropped', why: 'its tag is gone' })
  })

  test('an image that was asked for by its digest needs no tag', async () => {
    const { promote } = setUp()
    const { job } = await release()
    const { tag: _, rule: __, ...byDigest } = job
    expect(receiptIn(await promote(byDigest)).from).toEqual({ registry: 'ci', repository: job.repository })
  })
})

describe('a target tag that names another image', () => {
  test('is never moved by default', async () => {
    const { promote } = setUp()
    const { repository, job: first } = await release()
    await promote(first)
    const { job } = await release({ repository })
    expect(await promote(job)).toMatchObject({
      state: 'refused',
      why: `the tag at the target names ${first.digest}, and overwrite is never`,
    })
    expect(await targetOf(job)).toBe(first.digest)
  })

  test('is moved to what was pushed later, and not back', async () => {
    const { promote } = setUp({ options: { ...OPTIONS, overwrite: 'newer' } })
    const { image, repository, job: first } = await release()
    await promote(first)
    const { job } = await release({ repository, pushedAt: first.pushedAt + 1 })
    expect(receiptIn(await promote(job)).replaced).toBe(first.digest)
    await pushImage(clientOf('ci'), repository, 'v1', image)
    expect(await promote(first, { id: 'again' })).toMatchObject({ state: 'refused' })
    expect(await targetOf(job)).toBe(job.digest)
  })

  test('is not moved to what came from another repository, whatever the rule says', async () => {
    const { promote } = setUp({ options: { ...OPTIONS, overwrite: 'always' } })
    const { job: first } = await release()
    await promote(first)
    const { job } = await release()
    expect(await promote({ ...job, to: first.to })).toMatchObject({
      state: 'refused',
      why: expect.stringContaining(`ci/${first.repository}, another source`),
    })
    expect(await targetOf(first)).toBe(first.digest)
  })
})

describe('a promotion waits', () => {
  const atApproval: GatesResult = {
    state: 'waiting',
    results: [{ gate: 'approval by 1', state: 'waiting', why: 'approved by 0 of 1' }],
  }

  test('at its gates, for as long as the rule says', async () => {
    const { promote, set, clock } = setUp()
    const { job } = await release()
    set.gates = atApproval
    expect(await promote(job)).toMatchObject({
      ...{ state: 'waiting', why: 'at a gate: approval by 1: approved by 0 of 1' },
      ...{ again: ASKED_AT + 60_000, gates: [{ gate: 'approval by 1' }] },
    })
    clock.now = ASKED_AT + 60_000
    expect(await promote(job)).toMatchObject({
      state: 'refused',
      why: expect.stringContaining('long enough'),
    })
    expect(await targetOf(job)).toBeUndefined()
    set.gates = OPEN
    expect(receiptIn(await promote(job)).digest).toBe(job.digest)
  })

  test('not at all at a gate that is closed', async () => {
    const { promote, set } = setUp()
    const { job } = await release()
    const closed = { gate: 'label team=a', state: 'closed', why: 'it has none' } as const
    set.gates = { state: 'closed', results: [...atApproval.results, closed] }
    expect(await promote(job)).toMatchObject({
      state: 'refused',
      why: 'a gate is closed: label team=a: it has none',
    })
  })

  test('while another one to the same tag is in hand', async () => {
    const { promote } = setUp()
    const { job } = await release()
    expect(await promote(job, { isMyTurn: async () => false })).toMatchObject({ state: 'waiting' })
  })
})

const onPut =
  (fault: Fault) =>
  ({ method, path }: { method: string; path: string }) =>
    method === 'PUT' && path.includes('/manifests/') ? fault : undefined

describe('a registry that refuses', () => {
  test.each([400, 403, 405, 412, 413])('a manifest for good ends the promotion: %i', async (status) => {
    const { promote } = setUp()
    const { job } = await release()
    registries.production.onRequest(onPut(status))
    expect(await promote(job)).toMatchObject({ state: 'refused', why: expect.stringContaining(`${status}`) })
  })

  test('for now is asked again: 503', async () => {
    const { promote } = setUp()
    const { job } = await release()
    registries.production.onRequest(onPut({ status: 503, retryAfter: 300 }))
    const outcome = await promote(job)
    expect(outcome).toMatchObject({ state: 'waiting', why: expect.stringContaining('503') })
    registries.production.onRequest(onPut(503))
    // Nothing more arrived in the next attempt: that counts.
    await expect(promote(job, { bytes: 1e9 })).rejects.toThrow('503')
    registries.production.reset()
    expect(receiptIn(await promote(job)).blobs.sent.count).toBe(0)
  })
})

test('nothing is copied if the rule is gone', async () => {
  const { promote, set } = setUp()
  const { job } = await release()
  set.options = undefined
  registries.ci.reset()
  expect(await promote(job)).toMatchObject({ state: 'dropped' })
  expect([registries.ci.requests, registries.production.requests]).toEqual([[], []])
})

test('a placeholder by which expiry deletes a tag is not promoted', async () => {
  const { promote, receipts } = setUp()
  const { repository, job } = await release()
  const client = clientOf('ci')
  let outcome: unknown
  const placeholders = makePlaceholders({
    client: {
      ...client,
      async putManifest(...args) {
        const placeholder = await client.putManifest(...args)
        // The notification arrives before the delete.
        outcome = await promote({ ...job, digest: placeholder })
        return placeholder
      },
    },
    ...{ registry: 'ci', store: makeFolderStore({ path: folder }), now: () => Date.now() * 1000 },
  })
  const bytes = (await client.getManifest(repository, 'v1'))?.bytes ?? Buffer.alloc(0)
  const { digest } = job
  const replaced = { project: `ci/${repository}`, repository, tag: 'v1', digest, mediaType: OCI_MANIFEST }
  const manifest = bytes.toString('base64')
  expect(await placeholders.deleteTag({ ...replaced, manifest }, async () => undefined)).toMatchObject({
    outcome: 'untagged',
  })
  expect(outcome).toMatchObject({ state: 'dropped', why: expect.stringContaining('placeholder') })
  expect(await receipts.recent(5)).toEqual([])
})
