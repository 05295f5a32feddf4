import { expect, test } from 'vitest'
import { makeReferrer } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { UNRULED } from '../../src/promotion/rule.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'
import { ASKED_AT, usePromotions } from './promotion-bed.ts'

/** Ways to have production get what nobody released, or lose what it had. */
const bed = usePromotions()

/** A promotion that is killed after its tag was written, and before anything says so. */
async function killedAfterWrite(scene: ReturnType<typeof bed.setUp>, job: PromotionJob): Promise<void> {
  const { end } = scene.targets
  scene.targets.end = () => Promise.reject(new Error('killed'))
  await expect(scene.attempt(job)).rejects.toThrow('killed')
  scene.targets.end = end
  expect(await bed.atTarget(job)).toBe(job.digest)
}

test('after such a kill, what is at the target gets its receipt, though the tag has moved at the source', async () => {
  const scene = bed.setUp({ overwrite: 'newer' })
  const { job, repository } = await bed.release()
  await killedAfterWrite(scene, job)
  const next = await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  expect(await scene.attempt(job)).toMatchObject({ state: 'promoted', receipt: { digest: job.digest } })
  expect((await scene.promote(next.job)).replaced).toBe(job.digest)
})

/** An image of another repository that a rule leads to the same tag. */
async function rival(job: PromotionJob): Promise<PromotionJob> {
  const other = await bed.release({ pushedAt: job.pushedAt + 10 })
  return { ...other.job, to: job.to }
}

test('a promotion that was killed after its tag was written owns the tag: no other source replaces it', async () => {
  const scene = bed.setUp({ overwrite: 'always' })
  const { job } = await bed.release()
  await killedAfterWrite(scene, job)
  expect(await scene.attempt(await rival(job))).toMatchObject({ state: 'refused' })
  expect(await bed.atTarget(job)).toBe(job.digest)
})

test('after such a kill, what is newer is promoted, and what is older is not', async () => {
  const scene = bed.setUp({ overwrite: 'newer' })
  const { job, repository } = await bed.release()
  await killedAfterWrite(scene, job)
  const older = await bed.release({ repository, pushedAt: job.pushedAt - 10 })
  expect(await scene.attempt(older.job)).toMatchObject({ state: 'refused' })
  const newer = await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  expect((await scene.promote(newer.job)).replaced).toBe(job.digest)
})

test('who promotes the same image to a tag of another source does not own the tag', async () => {
  const scene = bed.setUp({ overwrite: 'always' })
  const { job, image } = await bed.release()
  await scene.promote(job)
  await pushImage(bed.clientOf('ci'), 'evil/app', 'v1', image)
  const same = { ...job, repository: 'evil/app', project: 'ci/evil/app', pushedAt: job.pushedAt + 10 }
  await scene.attempt(same, { id: 'same' })
  const evil = await bed.release({ repository: 'evil/app', pushedAt: job.pushedAt + 20 })
  expect(await scene.attempt({ ...evil.job, to: job.to })).toMatchObject({ state: 'refused' })
  expect(await bed.atTarget(job)).toBe(job.digest)
  const next = await bed.release({ repository: job.repository, pushedAt: job.pushedAt + 30 })
  expect((await scene.promote(next.job)).replaced).toBe(job.digest)
})

test('a promotion that failed before its tag was written remembers nothing of what the tag named then', async () => {
  const scene = bed.setUp({ overwrite: 'always' })
  const { job, repository } = await bed.release()
  await scene.promote(job)
  const next = await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  bed.registries.production.onRequest(({ method, path }) =>
    method === 'PUT' && path.endsWith('/manifests/v1') ? 403 : undefined,
  )
  expect(await scene.attempt(next.job)).toMatchObject({ state: 'refused' })
  bed.registries.production.reset()
  const byHand = await bed.release()
  await pushImage(bed.clientOf('production'), job.to.repository, 'v1', byHand.image)
  expect((await scene.promote(next.job)).replaced).toBe(byHand.job.digest)
})

test('content of the image that the tag names at the target may be broken: it is replaced all the same', async () => {
  const scene = bed.setUp({ overwrite: 'always' })
  const { job, repository, image } = await bed.release()
  await scene.promote(job)
  const next = await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  const [config = ''] = [...image.blobs.keys()].slice(-1)
  const broken = [...image.blobs.keys()]
  expect(config).not.toBe('')
  bed.registries.production.onRequest(({ method, path }) =>
    method === 'GET' && broken.some((digest) => path.includes(digest)) ? 500 : undefined,
  )
  await scene.promote(next.job)
  expect(await bed.atTarget(job)).toBe(next.job.digest)
})

test('a tag that moves at the target between the last two looks is not overwritten', async () => {
  const scene = bed.setUp({ overwrite: 'never' })
  const { job } = await bed.release()
  const byHand = await bed.release()
  const { begin } = scene.targets
  scene.targets.begin = async (...args) => {
    const replaced = await begin(...args)
    await pushImage(bed.clientOf('production'), job.to.repository, 'v1', byHand.image)
    return replaced
  }
  await scene.attempt(job)
  expect(await bed.atTarget(job)).toBe(byHand.job.digest)
})

test('a rule that forbids to overwrite since the copy began is heeded', async () => {
  const scene = bed.setUp({ overwrite: 'always' })
  const { job, repository } = await bed.release()
  await scene.promote(job)
  const next = await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  bed.registries.production.onRequest(({ method }) => {
    if (method === 'PUT') scene.set.options = { ...UNRULED, overwrite: 'never' }
    return undefined
  })
  expect(await scene.attempt(next.job)).toMatchObject({ state: 'refused' })
  expect(await bed.atTarget(job)).toBe(job.digest)
})

test('a gate that closes while the image is copied keeps it from its tag', async () => {
  const answers = [true, false]
  const scene = bed.setUp({ waitFor: 60_000 })
  scene.set.checkGates = () => {
    const state = answers.shift() === false ? 'waiting' : 'open'
    return { state, results: [{ gate: 'signature', state, why: 'said so' }] }
  }
  const { job } = await bed.release()
  expect(await scene.attempt(job)).toMatchObject({ state: 'waiting' })
  expect(await bed.atTarget(job)).toBeUndefined()
})

test('a promotion that has lost its turn during the copy does not write the tag', async () => {
  const turns = [true, false]
  const { job } = await bed.release()
  const outcome = await bed.setUp().attempt(job, { isMyTurn: async () => turns.shift() ?? true })
  expect(outcome).toMatchObject({ state: 'waiting' })
  expect(await bed.atTarget(job)).toBeUndefined()
})

test('a registry that asks to wait for a year is asked again within an hour', async () => {
  const { job } = await bed.release()
  bed.registries.production.onRequest(({ method }) =>
    method === 'POST' ? { status: 429, retryAfter: 31_536_000 } : undefined,
  )
  const outcome = await bed.setUp().attempt(job)
  if (outcome.state !== 'waiting') throw new Error(outcome.state)
  expect(outcome.again).toBeLessThanOrEqual(ASKED_AT + 3_600_000)
})

test('a referrer whose content the source has lost does not keep the image from its tag', async () => {
  const { job, image, repository } = await bed.release()
  const referrer = makeReferrer(image.root, `an SBOM of ${repository}`)
  const ci = bed.clientOf('ci')
  await pushImage(ci, repository, referrer.root.digest, referrer)
  await ci.addReferrers(repository, image.root.digest, [referrer.root])
  const lost = [...referrer.blobs.keys()]
  bed.registries.ci.onRequest(({ path }) => (lost.some((digest) => path.includes(digest)) ? 404 : undefined))
  const receipt = await bed.setUp().promote(job)
  expect(await bed.atTarget(job)).toBe(job.digest)
  expect(receipt.leftBehind).toMatchObject([{ digest: referrer.root.digest }])
})

test('a target that misses for a moment what it has taken does not end a promotion', async () => {
  const scene = bed.setUp()
  const { job } = await bed.release()
  bed.registries.production.onRequest(({ method, path }) =>
    method === 'PUT' && path.includes('/manifests/')
      ? { status: 400, code: 'MANIFEST_BLOB_UNKNOWN' }
      : undefined,
  )
  await expect(scene.attempt(job)).resolves.toMatchObject({ state: 'waiting' })
  bed.registries.production.reset()
  await scene.promote(job)
  expect(await bed.atTarget(job)).toBe(job.digest)
})
