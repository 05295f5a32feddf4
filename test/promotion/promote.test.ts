import { describe, expect, test } from 'vitest'
import type { Fault } from '../../lab/faulty-registry.ts'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import type { GatesResult } from '../../src/promotion/gates/check-gates.ts'
import type { CopyOptions } from '../../src/promotion/rule.ts'
import { OCI_MANIFEST } from '../../src/registry/manifest.ts'
import { ASKED_AT, usePromotions } from './promotion-bed.ts'

/** Promotions between two real registries, ten seconds after they were asked for. */
const bed = usePromotions()
const { release, clientOf, atTarget } = bed

function setUp(options: Partial<CopyOptions> = {}, more: Parameters<typeof bed.setUp>[1] = {}) {
  const scene = bed.setUp({ settle: 3_000, waitFor: 60_000, ...options }, more)
  scene.clock.now = ASKED_AT + 10_000
  return scene
}

const sizeOf = (image: LabImage) => [...image.blobs.values()].reduce((sum, { length }) => sum + length, 0)

test('a promotion copies the image, stores a receipt that is found by its id, and counts the bytes', async () => {
  const { promote, receipts, promotedBytes, followed } = setUp({ follow: 1_000 })
  const { image, repository, job } = await release()
  const receipt = await promote(job)
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
  expect(await atTarget(job)).toBe(image.root.digest)
  expect(await receipts.recent(10)).toEqual([receipt])
  expect(await receipts.find(receipt.id)).toEqual(receipt)
  expect(followed).toEqual([{ digests: [image.root.digest], ms: 1_000 }])
  expect(await promotedBytes()).toMatchObject([{ labels: { rule: 'releases' }, value: sizeOf(image) }])
})

test('a promotion that runs twice is done once', async () => {
  const { promote, receipts } = setUp()
  const { job } = await release()
  const first = await promote(job)
  await clientOf('production').deleteManifest(job.to.repository, job.digest)
  expect(await promote(job)).toEqual(first)
  expect(await atTarget(job)).toBeUndefined()
  expect(await receipts.recent(10)).toHaveLength(1)
})

test('a promotion that was killed before its receipt ends on the second attempt, and says what it replaced', async () => {
  const killed = { append: async () => Promise.reject(new Error('killed')) }
  const { attempt } = setUp({ overwrite: 'always' }, { receipts: killed })
  const { repository, job: old } = await release()
  await expect(attempt(old)).rejects.toThrow('killed')
  const { job } = await release({ repository })
  await expect(attempt(job)).rejects.toThrow('killed')
  expect(await atTarget(job)).toBe(job.digest)
  const again = setUp({ overwrite: 'always' })
  expect(await again.promote(job)).toMatchObject({
    replaced: old.digest,
    blobs: { sent: { count: 0 } },
  })
})

describe('the tag at the source decides', () => {
  test('an image whose tag names another one is not promoted', async () => {
    const { attempt, clock } = setUp()
    const { repository, job } = await release()
    await release({ repository })
    expect(await attempt(job)).toMatchObject({ state: 'waiting', why: 'its tag does not name it yet' })
    clock.now = ASKED_AT + 60_000
    expect(await attempt(job)).toMatchObject({
      state: 'dropped',
      why: expect.stringContaining('its tag names'),
    })
    expect(await atTarget(job)).toBeUndefined()
  })

  test('a tag that a younger push has moved drops the promotion some seconds after it was asked for', async () => {
    const { attempt, clock, set } = setUp()
    const { repository, job } = await release()
    set.youngest = (await release({ repository })).job.digest
    clock.now = ASKED_AT + 4_999
    expect(await attempt(job)).toMatchObject({ state: 'waiting' })
    clock.now = ASKED_AT + 5_000
    expect(await attempt(job)).toEqual({ state: 'dropped', why: `its tag names ${set.youngest} by now` })
  })

  test('a forged push of a digest that no tag names is not promoted, whenever it says that it was', async () => {
    const { promote, attempt, clock } = setUp()
    const { job } = await release()
    const other = makeImage({ layers: [{ seed: 'forged', bytes: 100 }], label: 'forged' })
    await pushImage(clientOf('ci'), job.repository, 'mine', other)
    const forged = { ...job, digest: other.root.digest, pushedAt: job.pushedAt + 1e15 }
    clock.now = ASKED_AT + 60_000
    expect(await attempt(forged)).toMatchObject({ state: 'dropped' })
    expect((await promote(job)).digest).toBe(job.digest)
  })

  test('a push that is announced before the tag is written is asked for again', async () => {
    const { promote, attempt, clock } = setUp()
    const { image, repository, job } = await release()
    await clientOf('ci').deleteManifest(repository, image.root.digest)
    clock.now = ASKED_AT + 1_000
    const early = await attempt(job, { seenAt: undefined })
    expect(early).toEqual({ state: 'waiting', why: 'its tag does not name it yet', again: ASKED_AT + 2_000 })
    await pushImage(clientOf('ci'), repository, 'v1', image)
    clock.now = ASKED_AT + 2_000
    const settling = await attempt(job, { seenAt: undefined })
    expect(settling).toMatchObject({ state: 'waiting', again: ASKED_AT + 5_000, seenAt: ASKED_AT + 2_000 })
    clock.now = ASKED_AT + 5_000
    expect((await promote(job, { seenAt: ASKED_AT + 2_000 })).digest).toBe(job.digest)
  })

  test('a tag that moves while its image is copied is not written', async () => {
    const { attempt } = setUp()
    const { repository, job } = await release()
    let isMoved = false
    const outcome = await attempt(job, {
      async isMyTurn() {
        await release({ repository })
        isMoved = true
        return true
      },
    })
    expect(isMoved).toBe(true)
    expect(outcome).toMatchObject({ state: 'waiting', why: 'its tag does not name it yet' })
    expect(await atTarget(job)).toBeUndefined()
  })

  test('a tag that is gone drops the promotion, also while the image is copied', async () => {
    const { attempt, clock } = setUp()
    const { repository, job } = await release()
    clock.now = ASKED_AT + 60_000
    const outcome = await attempt(job, {
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
    expect((await promote(byDigest)).from).toEqual({ registry: 'ci', repository: job.repository })
  })
})

describe('a target tag that names another image', () => {
  test('is never moved by default', async () => {
    const { attempt } = setUp()
    const { repository, job: first } = await release()
    await attempt(first)
    const { job } = await release({ repository })
    expect(await attempt(job)).toMatchObject({
      state: 'refused',
      why: `the tag at the target names ${first.digest}, and overwrite is never`,
    })
    expect(await atTarget(job)).toBe(first.digest)
  })

  test('is moved to what was pushed later, and not back', async () => {
    const { promote, attempt } = setUp({ overwrite: 'newer' })
    const { image, repository, job: first } = await release()
    await attempt(first)
    const { job } = await release({ repository, pushedAt: first.pushedAt + 1 })
    expect((await promote(job)).replaced).toBe(first.digest)
    await pushImage(clientOf('ci'), repository, 'v1', image)
    expect(await attempt(first, { id: 'again' })).toMatchObject({ state: 'refused' })
    expect(await atTarget(job)).toBe(job.digest)
  })

  test('is not moved to what came from another repository, whatever the rule says', async () => {
    const { attempt } = setUp({ overwrite: 'always' })
    const { job: first } = await release()
    await attempt(first)
    const { job } = await release()
    expect(await attempt({ ...job, to: first.to })).toMatchObject({
      state: 'refused',
      why: expect.stringContaining('another source'),
    })
    expect(await atTarget(first)).toBe(first.digest)
  })
})

describe('a promotion waits', () => {
  const atApproval: GatesResult = {
    state: 'waiting',
    results: [{ gate: 'approval by 1', state: 'waiting', why: 'approved by 0 of 1' }],
  }

  test('at its gates, for as long as the rule says', async () => {
    const { promote, attempt, set, clock } = setUp()
    const { job } = await release()
    set.checkGates = () => atApproval
    expect(await attempt(job)).toMatchObject({
      ...{ state: 'waiting', why: 'at a gate: approval by 1: approved by 0 of 1' },
      ...{ again: ASKED_AT + 60_000, gates: [{ gate: 'approval by 1' }] },
    })
    clock.now = ASKED_AT + 60_000
    expect(await attempt(job)).toMatchObject({
      state: 'refused',
      why: expect.stringContaining('long enough'),
    })
    expect(await atTarget(job)).toBeUndefined()
    set.checkGates = () => ({ state: 'open', results: [] })
    expect((await promote(job)).digest).toBe(job.digest)
  })

  test('not at all at a gate that is closed', async () => {
    const { attempt, set } = setUp()
    const { job } = await release()
    const closed = { gate: 'label team=a', state: 'closed', why: 'it has none' } as const
    set.checkGates = () => ({ state: 'closed', results: [...atApproval.results, closed] })
    expect(await attempt(job)).toMatchObject({
      state: 'refused',
      why: 'a gate is closed: label team=a: it has none',
    })
  })

  test('while another one to the same tag is in hand', async () => {
    const { attempt } = setUp()
    const { job } = await release()
    expect(await attempt(job, { isMyTurn: async () => false })).toMatchObject({ state: 'waiting' })
  })
})

const onPut =
  (fault: Fault) =>
  ({ method, path }: { method: string; path: string }) =>
    method === 'PUT' && path.includes('/manifests/') ? fault : undefined

describe('a registry that refuses', () => {
  test.each([400, 403, 405, 412, 413])('a manifest for good ends the promotion: %i', async (status) => {
    const { attempt } = setUp()
    const { job } = await release()
    bed.registries.production.onRequest(onPut(status))
    expect(await attempt(job)).toMatchObject({ state: 'refused', why: expect.stringContaining(`${status}`) })
  })

  test('for now is asked again: 503', async () => {
    const { promote, attempt } = setUp()
    const { job } = await release()
    bed.registries.production.onRequest(onPut({ status: 503, retryAfter: 300 }))
    const outcome = await attempt(job)
    expect(outcome).toMatchObject({ state: 'waiting', why: expect.stringContaining('503') })
    bed.registries.production.onRequest(onPut(503))
    // Nothing more arrived in the next attempt: that counts.
    await expect(attempt(job, { bytes: 1e9 })).rejects.toThrow('503')
    bed.registries.production.reset()
    expect((await promote(job)).blobs.sent.count).toBe(0)
  })
})

test('nothing is copied if the rule is gone', async () => {
  const { attempt, set } = setUp()
  const { job } = await release()
  set.options = undefined
  bed.registries.ci.reset()
  expect(await attempt(job)).toMatchObject({ state: 'dropped' })
  expect([bed.registries.ci.requests, bed.registries.production.requests]).toEqual([[], []])
})

test('a placeholder by which expiry deletes a tag is not promoted', async () => {
  const { attempt, receipts, store } = setUp()
  const { repository, job } = await release()
  const client = clientOf('ci')
  let outcome: unknown
  const placeholders = makePlaceholders({
    client: {
      ...client,
      async putManifest(...args) {
        const placeholder = await client.putManifest(...args)
        // The notification arrives before the delete.
        outcome = await attempt({ ...job, digest: placeholder })
        return placeholder
      },
    },
    ...{ registry: 'ci', store, now: () => Date.now() * 1000 },
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
