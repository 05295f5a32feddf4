import { expect, test } from 'vitest'
import { OCI_MANIFEST } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'
import { ASKED_AT, usePromotions } from './promotion-bed.ts'

/** Promotions that are broken off near their end, and targets whose answers are not true. */
const bed = usePromotions()
type Scene = ReturnType<typeof bed.setUp>

/** A promotion that has written its tag, and whose receipt the store does not take. */
async function withoutReceipt(scene: Scene, job: PromotionJob): Promise<void> {
  const { append } = scene.receipts
  scene.receipts.append = () => Promise.reject(new Error('the store is away'))
  await expect(scene.attempt(job)).rejects.toThrow('the store is away')
  scene.receipts.append = append
  expect(await bed.atTarget(job)).toBe(job.digest)
}

test('an image whose receipt could not be stored gets it later, though its tag has moved at the source', async () => {
  const scene = bed.setUp({ overwrite: 'newer' })
  const { job, repository } = await bed.release()
  await withoutReceipt(scene, job)
  await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  expect(await scene.attempt(job)).toMatchObject({ state: 'promoted', receipt: { digest: job.digest } })
})

test('a tag that somebody moved after it was written, and before its receipt: the receipt says what it replaced', async () => {
  const scene = bed.setUp({ overwrite: 'always' })
  const { job } = await bed.release()
  await withoutReceipt(scene, job)
  const byHand = await bed.release()
  await pushImage(bed.clientOf('production'), job.to.repository, 'v1', byHand.image)
  expect((await scene.promote(job)).replaced).toBe(byHand.job.digest)
})

test('a tag that was written before a kill, and moved by somebody since, is not put back to what the source has not any more', async () => {
  const scene = bed.setUp({ overwrite: 'always' })
  const { job, repository } = await bed.release()
  const { end } = scene.targets
  scene.targets.end = () => Promise.reject(new Error('killed'))
  await expect(scene.attempt(job)).rejects.toThrow('killed')
  scene.targets.end = end
  await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  const byHand = await bed.release()
  let asked = 0
  bed.registries.production.onRequest(async ({ method, path }) => {
    // The first look is that of the attempt. Then somebody moves the tag.
    if (method === 'HEAD' && path.endsWith('/manifests/v1') && ++asked === 3)
      await pushImage(bed.clientOf('production'), job.to.repository, 'v1', byHand.image)
    return undefined
  })
  expect(await scene.attempt(job)).toMatchObject({ state: 'waiting' })
  bed.registries.production.reset()
  const askedAt = ASKED_AT - 61_000
  expect(await scene.attempt(job, { askedAt })).toMatchObject({ state: 'dropped' })
  expect(await bed.atTarget(job)).toBe(byHand.job.digest)
})

test('a push that is dated ahead does not keep what is pushed after it from its tag', async () => {
  const scene = bed.setUp({ overwrite: 'newer' })
  const { job, repository } = await bed.release()
  await scene.promote({ ...job, pushedAt: job.pushedAt + 240_000_000 })
  const next = await bed.release({ repository, pushedAt: job.pushedAt + 10_000_000 })
  const askedAt = next.job.pushedAt / 1_000 + 100
  expect((await scene.promote(next.job, { askedAt })).replaced).toBe(job.digest)
})

test('a target that says of its tag that it names the image already is believed once the manifest was read', async () => {
  const { job } = await bed.release()
  const lie = { 'docker-content-digest': job.digest, 'content-length': '500', 'content-type': OCI_MANIFEST }
  bed.registries.production.onRequest(({ method, path }) =>
    method === 'HEAD' && path.endsWith('/manifests/v1')
      ? { bends: { status: 200, headers: lie } }
      : undefined,
  )
  await bed.setUp().promote(job)
  bed.registries.production.reset()
  expect(await bed.atTarget(job)).toBe(job.digest)
})

test('of a tag that was written before a kill, the receipt does not say of a gate that has shut since that it is open', async () => {
  const states = ['open', 'open', 'waiting', 'waiting'] as const
  let asked = 0
  const scene = bed.setUp()
  scene.set.checkGates = () => {
    const state = states[asked++] ?? 'waiting'
    const why = state === 'open' ? 'the flag is ok' : 'the flag is over'
    return { state, results: [{ gate: 'flag', state, why }] }
  }
  const { job } = await bed.release()
  await withoutReceipt(scene, job)
  const { gates } = await scene.promote(job)
  expect(gates).toEqual([
    { gate: 'flag', why: 'it was open when the tag was written; after a restart: the flag is over' },
  ])
})
