import { expect, test } from 'vitest'
import { type LabImage, makeReferrer, makeSignature, signatureTag } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { makeFollowed, placeOf } from '../../src/promotion/follow.ts'
import { makeFollowImage } from '../../src/promotion/follow-image.ts'
import type { GatesResult } from '../../src/promotion/gates/check-gates.ts'
import { makeMatch } from '../../src/promotion/match.ts'
import { type PromotionRule, UNRULED } from '../../src/promotion/rule.ts'
import type { FollowJob, PromotionJob } from '../../src/queue/jobs.ts'
import { ASKED_AT, usePromotions } from './promotion-bed.ts'

/** What follows an image that was promoted, between two real registries. The clock is the test's. */
const bed = usePromotions()
const at = useRedis()

const DAY = 86_400_000
const RULE: PromotionRule = {
  ...{ ...UNRULED, name: 'releases', when: 'push', follow: 30 * DAY, waitFor: DAY, gates: [] },
  from: { registry: 'ci', repository: 'team/**', tag: { glob: 'v*' } },
  to: { registry: 'production', repository: 'released/{repository}', tag: '{tag}' },
}
const OPEN: GatesResult = { state: 'open', results: [] }
const SHUT: GatesResult = {
  state: 'waiting',
  results: [{ gate: 'flag', state: 'waiting', why: 'the flag of ci/team is exceeded' }],
}

/** An image that was promoted by RULE, and a signature that was pushed after that. */
async function promoted() {
  const clock = { now: ASKED_AT }
  const set = { rules: [RULE], gates: OPEN }
  const asked: PromotionJob[] = []
  const followed = makeFollowed({ redis: at.redis, prefix: 'test' })
  const followImage = makeFollowImage({
    ...{ clientOf: bed.clientOf, copier: makeCopier(), followed },
    mountFrom: () => async () => [],
    match: (image) => makeMatch(set.rules, () => 'team')(image),
    async checkGates(job) {
      asked.push(job)
      return set.gates
    },
    now: () => clock.now,
  })
  const { image, repository, job } = await bed.release()
  await bed.setUp().promote(job)
  const place = placeOf(job)
  if (place === undefined) throw new Error('a promotion by a rule has a place')
  // Redis keeps the time itself.
  const began = Date.now()
  await followed.add(job, [job.digest], { ...place, at: began }, RULE.follow as number)
  clock.now = began
  const sign = (digest: string) =>
    pushImage(bed.clientOf('ci'), repository, signatureTag(digest), makeSignature(digest))
  await sign(image.root.digest)
  const [follow] = await followed.jobsFor(job, job.digest)
  if (follow === undefined) throw new Error('nothing would follow')
  return {
    ...{ clock, set, asked, image, repository, job, followed, follow, sign },
    run: (more: Partial<FollowJob> = {}, askedAt = clock.now) =>
      followImage({ ...follow, ...more }, { id: 'f', askedAt }),
    hasSignature: async (digest = image.root.digest) =>
      (await bed.atTarget(job, signatureTag(digest))) === makeSignature(digest).root.digest,
  }
}

test('what is pushed after the promotion follows', async () => {
  const scene = await promoted()
  expect(await scene.run()).toEqual({ state: 'followed', copied: 1 })
  expect(await scene.hasSignature()).toBe(true)
})

test.each<[string, (rule: PromotionRule) => PromotionRule[]]>([
  ['is gone', () => []],
  ['has another name', (rule) => [{ ...rule, name: 'other' }]],
  ['matches other images', (rule) => [{ ...rule, from: { ...rule.from, repository: 'team-b/**' } }]],
  ['leads elsewhere', (rule) => [{ ...rule, to: { ...rule.to, repository: 'other/{name}' } }]],
  ['follows no more', (rule) => [{ ...rule, follow: 'never' }]],
  ['follows for less time than has passed', (rule) => [{ ...rule, follow: DAY }]],
])('nothing follows once its rule %s', async (_, change) => {
  const scene = await promoted()
  scene.clock.now += DAY
  scene.set.rules = change(RULE)
  expect(await scene.run()).toEqual({ state: 'dropped', why: 'no rule follows it any more' })
  expect(await scene.hasSignature()).toBe(false)
})

test('what follows waits at a gate as long as its image would, and goes on once the gate opens', async () => {
  const scene = await promoted()
  scene.set.gates = SHUT
  const askedAt = scene.clock.now
  expect(await scene.run({}, askedAt)).toMatchObject({
    ...{ state: 'waiting', why: 'at a gate: flag: the flag of ci/team is exceeded' },
    again: askedAt + 300_000,
  })
  expect(scene.asked).toMatchObject([
    { rule: 'releases', project: scene.job.project, digest: scene.job.digest },
  ])
  scene.clock.now += DAY
  expect(await scene.run({}, askedAt)).toMatchObject({ state: 'refused' })
  expect(await scene.hasSignature()).toBe(false)
  scene.set.gates = OPEN
  expect(await scene.run({}, askedAt)).toMatchObject({ state: 'followed' })
  expect(await scene.hasSignature()).toBe(true)
})

test('of two rules that lead to one repository, one that follows is enough', async () => {
  const scene = await promoted()
  const other = { ...scene.job, rule: 'other', to: { ...scene.job.to, tag: 'other' } }
  const place = placeOf(other)
  if (place) await scene.followed.add(other, [other.digest], { ...place, at: scene.clock.now }, DAY)
  expect(await scene.followed.jobsFor(other, other.digest)).toEqual([scene.follow])
  scene.set.rules = [{ ...RULE, name: 'other', to: { ...RULE.to, tag: 'other' } }]
  expect(await scene.run()).toMatchObject({ state: 'followed' })
})

test('what refers to what followed follows as well: it has the same places', async () => {
  const scene = await promoted()
  const sbom: LabImage = makeReferrer(scene.image.root, 'an SBOM')
  await pushImage(bed.clientOf('ci'), scene.repository, sbom.root.digest, sbom)
  await bed.clientOf('ci').addReferrers(scene.repository, scene.image.root.digest, [sbom.root])
  expect(await scene.run()).toEqual({ state: 'followed', copied: 2 })
  await scene.sign(sbom.root.digest)
  expect(await scene.followed.jobsFor(scene.job, sbom.root.digest)).toEqual([scene.follow])
  await scene.run()
  expect(await scene.hasSignature(sbom.root.digest)).toBe(true)
})

test('what an audit mends is copied without a rule, and no gate is asked', async () => {
  const scene = await promoted()
  scene.set.rules = []
  scene.set.gates = SHUT
  expect(await scene.run({ mend: true })).toMatchObject({ state: 'followed' })
  expect([await scene.hasSignature(), scene.asked]).toEqual([true, []])
})

test('places of a manifest are at most a hundred, and end with the time of the longest rule', async () => {
  const { followed, job } = await promoted()
  const place = placeOf(job)
  if (place === undefined) throw new Error('a promotion by a rule has a place')
  for (let n = 0; n < 110; n++)
    await followed.add(job, [job.digest], { ...place, rule: `r${n}`, at: Date.now() }, DAY)
  expect(await followed.placesOf(job, job.digest)).toHaveLength(100)
  const [key = ''] = await at.redis.keys('test:followed:*')
  expect(await at.redis.pttl(key)).toBeGreaterThan(29 * DAY)
})
