import { Worker } from 'bullmq'
import { afterEach, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeRemoveTag } from '../../src/compose/rollback.ts'
import { makeIsPlaceholder } from '../../src/expiry/remove-tag-placeholder.ts'
import type { Receipts } from '../../src/promotion/receipts.ts'
import { makeRollback, type RemoveTag } from '../../src/promotion/rollback.ts'
import type { CopyOptions } from '../../src/promotion/rule.ts'
import type { Targets } from '../../src/promotion/targets.ts'
import { makeTagTurns } from '../../src/promotion/turn.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'
import { closeQueues, makeQueues, type Queues, queuePrefix } from '../../src/queue/queues.ts'
import { ASKED_AT, usePromotions } from './promotion-bed.ts'

/** Rollbacks at a real registry. */
const bed = usePromotions()
const redisOf = useRedis()

const opened: Queues[] = []
afterEach(async () => {
  for (const queues of opened.splice(0)) await closeQueues(queues)
})

function setUp(
  options: Partial<CopyOptions> = { overwrite: 'always' },
  more: {
    receipts?: Partial<Receipts>
    targets?: Partial<Targets>
    removeTag?: RemoveTag
    registries?: string[]
  } = {},
) {
  const scene = bed.setUp(options)
  const { clientOf } = bed
  const { store, targets } = scene
  const redis = redisOf.redis
  const queues = makeQueues(redis, 't')
  opened.push(queues)
  const turns = makeTagTurns({ queues, redis, prefix: 't' })
  const rollback = makeRollback({
    registries: more.registries ?? ['ci', 'production'],
    targets: { ...targets, ...more.targets },
    ...{ clientOf, holdTag: turns.holdTag, now: () => ASKED_AT + 1_000 },
    receipts: { ...scene.receipts, ...more.receipts },
    isPlaceholder: makeIsPlaceholder(store),
    removeTag: more.removeTag ?? makeRemoveTag({ clientOf, store, projectOf: (_, repository) => repository }),
  })
  return { ...scene, queues, turns, rollback: (id: string) => rollback(id, 'ann') }
}

/** A tag that was promoted twice. */
async function promotedTwice({ promote }: ReturnType<typeof setUp>) {
  const first = await bed.release()
  await promote(first.job)
  const second = await bed.release({ repository: first.repository, pushedAt: first.job.pushedAt + 10 })
  return { first, second, receipt: await promote(second.job) }
}

test('the tag names again what it named before, and the receipt says so', async () => {
  const scene = setUp()
  const { first, second, receipt } = await promotedTwice(scene)
  const undone = await scene.rollback(receipt.id)
  expect(undone).toMatchObject({
    ...{
      kind: 'rollback',
      rolledBack: receipt.id,
      by: 'ann',
      rule: 'releases',
      at: '2026-11-23T16:03:01.000Z',
    },
    ...{ to: second.job.to, digest: first.job.digest, replaced: second.job.digest },
  })
  expect(await bed.atTarget(second.job)).toBe(first.job.digest)
  expect(await scene.receipts.recent(1)).toEqual([undone])
  expect(await scene.receipts.find(undone.id)).toEqual(undone)
})

test('what is rolled back is not promoted again by the same event, nor is anything older taken for newer', async () => {
  const scene = setUp({ overwrite: 'newer' })
  const { first, second, receipt } = await promotedTwice(scene)
  await scene.rollback(receipt.id)
  await scene.promote(second.job)
  expect(await bed.atTarget(second.job)).toBe(first.job.digest)
  expect(await scene.attempt(second.job, { id: 'again' })).toMatchObject({ state: 'refused' })
  const between = await bed.release({ repository: first.repository, pushedAt: first.job.pushedAt + 5 })
  expect(await scene.attempt(between.job)).toMatchObject({ state: 'refused' })
  expect(await bed.atTarget(second.job)).toBe(first.job.digest)
  const fixed = await bed.release({ repository: first.repository, pushedAt: first.job.pushedAt + 20 })
  expect((await scene.promote(fixed.job)).replaced).toBe(first.job.digest)
})

test('a tag that was not there before is deleted, and its image and the other tags of it stay', async () => {
  const scene = setUp()
  const { job, image } = await bed.release()
  const { id } = await scene.promote(job)
  await pushImage(bed.clientOf('production'), job.to.repository, 'other', image)
  const undone = await scene.rollback(id)
  expect(undone).not.toHaveProperty('digest')
  expect(await bed.atTarget(job)).toBeUndefined()
  expect(await bed.atTarget(job, 'other')).toBe(job.digest)
  await scene.promote(job)
  expect(await bed.atTarget(job)).toBeUndefined()
})

test.each(['a tag that was there before', 'a new tag'])(
  'a rollback of %s that was killed is ended by the next',
  async (what) => {
    const killed = { append: () => Promise.reject(new Error('killed')) }
    const scene = setUp()
    const isNew = what === 'a new tag'
    const { job, receipt } = isNew
      ? await bed.release().then(async ({ job }) => ({ job, receipt: await scene.promote(job) }))
      : await promotedTwice(scene).then(({ second, receipt }) => ({ job: second.job, receipt }))
    await expect(setUp({}, { receipts: killed }).rollback(receipt.id)).rejects.toThrow('killed')
    expect(await bed.atTarget(job)).toBe(receipt.replaced)
    expect(await scene.rollback(receipt.id)).toMatchObject({ kind: 'rollback', replaced: job.digest })
  },
)

test('one that was killed after the tag was written, and before it was recorded, is ended', async () => {
  const scene = setUp()
  const { first, second, receipt } = await promotedTwice(scene)
  const killed = { end: () => Promise.reject(new Error('killed')) }
  await expect(setUp({}, { targets: killed }).rollback(receipt.id)).rejects.toThrow('killed')
  expect(await bed.atTarget(second.job)).toBe(first.job.digest)
  expect(await scene.rollback(receipt.id)).toMatchObject({
    digest: first.job.digest,
    replaced: second.job.digest,
  })
  expect(await bed.atTarget(second.job)).toBe(first.job.digest)
})

test('one that was killed while the tag was on the placeholder with which it is deleted, is ended', async () => {
  const scene = setUp()
  const { job } = await bed.release()
  const { id } = await scene.promote(job)
  const client = bed.clientOf('production')
  let puts = 0
  const die = () => Promise.reject(new Error('killed'))
  const dying = {
    ...client,
    deleteManifest: die,
    putManifest: (...args: Parameters<typeof client.putManifest>) =>
      puts++ === 0 ? client.putManifest(...args) : die(),
  }
  const parts = {
    clientOf: () => dying,
    store: scene.store,
    projectOf: (_: string, repository: string) => repository,
  }
  await expect(setUp({}, { removeTag: makeRemoveTag(parts) }).rollback(id)).rejects.toThrow('killed')
  expect(await bed.atTarget(job)).not.toBe(job.digest)
  expect(await scene.rollback(id)).toMatchObject({ replaced: job.digest })
  expect(await bed.atTarget(job)).toBeUndefined()
  expect(await bed.atTarget(job, job.digest)).toBe(job.digest)
})

test('it is refused of a new tag if the registry does not delete', async () => {
  const scene = setUp()
  const { job } = await bed.release()
  const { id } = await scene.promote(job)
  bed.registries.production.onRequest(({ method }) => (method === 'DELETE' ? 405 : undefined))
  await onlyRefused(scene, id, job, 'there was no such tag before the promotion, and it cannot be deleted')
})

const onlyRefused = async (scene: ReturnType<typeof setUp>, id: string, job: PromotionJob, why: string) => {
  const before = await bed.atTarget(job)
  await expect(scene.rollback(id)).rejects.toThrow(why)
  expect(await bed.atTarget(job)).toBe(before)
}

test('it is refused twice, of a rollback, and of a promotion that nobody knows', async () => {
  const scene = setUp()
  const { second, receipt } = await promotedTwice(scene)
  const undone = await scene.rollback(receipt.id)
  await onlyRefused(scene, receipt.id, second.job, 'it was rolled back at 2026-11-23T16:03:01.000Z')
  await onlyRefused(scene, undone.id, second.job, 'it is a rollback itself')
  await onlyRefused(scene, 'nobody', second.job, 'no promotion "nobody"')
})

test('it is refused of a promotion that is not the last one to its tag', async () => {
  const scene = setUp()
  const { first, second, receipt } = await promotedTwice(scene)
  const [, older] = await scene.receipts
    .recent(2)
    .then((all) => all.sort((a) => (a.id === receipt.id ? -1 : 1)))
  expect(older?.digest).toBe(first.job.digest)
  await onlyRefused(
    scene,
    older?.id ?? '',
    second.job,
    `it is not the last one to its tag; that is ${receipt.id}`,
  )
})

test('it is refused if the tag names something else by now, or is gone', async () => {
  const scene = setUp()
  const { second, receipt } = await promotedTwice(scene)
  const { image } = await bed.release()
  await pushImage(bed.clientOf('production'), second.job.to.repository, 'v1', image)
  const why = `the tag names ${image.root.digest} by now; the promotion wrote ${second.job.digest}`
  await onlyRefused(scene, receipt.id, second.job, why)
  await bed.clientOf('production').deleteManifest(second.job.to.repository, image.root.digest)
  await onlyRefused(scene, receipt.id, second.job, 'the tag is gone')
})

test('it is refused if what the tag named before is gone', async () => {
  const scene = setUp()
  const { first, second, receipt } = await promotedTwice(scene)
  await bed.clientOf('production').deleteManifest(second.job.to.repository, first.job.digest)
  await onlyRefused(
    scene,
    receipt.id,
    second.job,
    `${first.job.digest} before, and the target does not have that`,
  )
})

test('it is refused if content of what the tag named before is gone, whatever the registry says of it', async () => {
  const scene = setUp()
  const { first, second, receipt } = await promotedTwice(scene)
  const [layer = ''] = first.image.blobs.keys()
  // As from a cache of descriptors: HEAD finds it.
  for (const fault of [404, 500]) {
    bed.registries.production.onRequest(({ method, path }) =>
      method === 'GET' && path.endsWith(layer) ? fault : undefined,
    )
    await expect(scene.rollback(receipt.id)).rejects.toThrow(`the target does not have ${layer} of it`)
  }
  bed.registries.production.reset()
  expect(await bed.atTarget(second.job)).toBe(second.job.digest)
  expect((await scene.rollback(receipt.id)).digest).toBe(first.job.digest)
})

test('it is refused if the target is not configured any more', async () => {
  const { receipt } = await promotedTwice(setUp())
  const gone = setUp({}, { registries: ['ci'] })
  await expect(gone.rollback(receipt.id)).rejects.toThrow(
    'the registry "production" is not configured any more',
  )
})

test('it is refused of a promotion that changed nothing', async () => {
  const scene = setUp()
  const { image, job } = await bed.release()
  await pushImage(bed.clientOf('production'), job.to.repository, 'v1', image)
  const { id } = await scene.promote(job)
  await onlyRefused(scene, id, job, 'it changed nothing')
})

test('it is refused while a promotion to the tag is in hand; and while it is in hand, no promotion has its turn', async () => {
  const scene = setUp()
  const { second, receipt } = await promotedTwice(scene)
  const { queues, turns } = scene
  const connection = redisOf.redis
  await queues.promotion.add('promotion', second.job, { jobId: 'busy' })
  const worker = new Worker('promotion', null, { connection, prefix: queuePrefix('t'), autorun: false })
  try {
    const job = await worker.getNextJob('token')
    await onlyRefused(scene, receipt.id, second.job, 'the promotion busy to this tag is in hand')
    expect(await turns.isTurn({ id: 'busy', data: second.job })).toBe(true)
    await job?.moveToCompleted({}, 'token', false)
    // A worker whose job went back into the queue, since it stood still, has lost its turn.
    expect(await turns.isTurn({ id: 'busy', data: second.job })).toBe(false)
    const other = await turns.holdTag(second.job.to, async () => {
      await queues.promotion.add('promotion', second.job, { jobId: 'other' })
      const other = await worker.getNextJob('token')
      expect(await turns.isTurn({ id: 'other', data: second.job })).toBe(false)
      await onlyRefused(scene, receipt.id, second.job, 'a rollback of this tag is in hand')
      return other
    })
    expect(await turns.isTurn({ id: 'other', data: second.job })).toBe(true)
    await other?.moveToCompleted({}, 'token', false)
    expect((await scene.rollback(receipt.id)).kind).toBe('rollback')
  } finally {
    await worker.close()
  }
})

test('a rollback whose hold has expired does not end the hold of the next one', async () => {
  const { turns, rollback, ...scene } = setUp()
  const { second, receipt } = await promotedTwice({ turns, rollback, ...scene })
  const { redis } = redisOf
  await turns.holdTag(second.job.to, async () => {
    const [key = ''] = await redis.keys('t:rollback:*')
    await redis.set(key, 'another')
  })
  await expect(rollback(receipt.id)).rejects.toThrow('a rollback of this tag is in hand')
})

test('a second push of the same image leaves a promotion that can be rolled back', async () => {
  const scene = setUp()
  const { first, second, receipt } = await promotedTwice(scene)
  const again = await scene.promote({ ...second.job, pushedAt: second.job.pushedAt + 10 }, { id: 'again' })
  expect(again.replaced).toBe(second.job.digest)
  await scene.rollback(receipt.id)
  expect(await bed.atTarget(second.job)).toBe(first.job.digest)
})

test('after a rollback that deleted the tag, nothing older is taken for newer', async () => {
  const scene = setUp({ overwrite: 'newer' })
  const { job, repository } = await bed.release()
  const { id } = await scene.promote(job)
  await scene.rollback(id)
  expect(await scene.attempt(job, { id: 'same' })).toMatchObject({ state: 'refused' })
  const older = await bed.release({ repository, pushedAt: job.pushedAt - 10 })
  expect(await scene.attempt(older.job)).toMatchObject({ state: 'refused' })
  const fixed = await bed.release({ repository, pushedAt: job.pushedAt + 10 })
  expect(await scene.promote(fixed.job)).not.toHaveProperty('replaced')
})
