import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyImages, DAY, digest, indexed, NOW, referrerTag } from '../../lab/images.ts'
import { expiring } from '../../lab/rules.ts'
import {
  type Announcements,
  type Doomed,
  doomedIn,
  judgeNotices,
  type RepositoryPlan,
} from '../../src/expiry/notice.ts'
import { decodeAnnouncements, encodeAnnouncements } from '../../src/expiry/notice-record.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import { noticesIn } from '../../src/expiry/plan-notices.ts'
import { relationsOf } from '../../src/expiry/relations.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

const NOTICE = 3 * DAY
const OLD = NOW - 30 * DAY

const doomed = (name: string, more: Partial<Doomed> = {}): Doomed => ({
  ...{
    name,
    repository: 'app',
    digest: name,
    label: name,
    onlyTags: '',
    usedAt: OLD,
    parents: [],
    isAnnounced: true,
  },
  ...more,
})
/** Announced so many days ago, when it was last used at `usedAt`. */
const told = (days: number, more: { usedAt?: number; onlyTags?: string; until?: number } = {}) => ({
  ...{ at: NOW - days * DAY, until: NOW - days * DAY + NOTICE, usedAt: OLD, onlyTags: '' },
  ...more,
})
const judge = (announced: Record<string, ReturnType<typeof told>>, images: Doomed[], notice = NOTICE) => {
  const { mayGo, toAnnounce, standing } = judgeNotices(
    new Map(Object.entries(announced)),
    images,
    NOW,
    notice,
  )
  return {
    mayGo: [...mayGo],
    toAnnounce: toAnnounce.map(({ name }) => name),
    standing: Object.fromEntries(standing),
  }
}

describe('an image', () => {
  test.each<
    [string, Partial<Doomed>, ReturnType<typeof told> | undefined, 'goes' | 'waits' | 'is announced']
  >([
    ['that is in the plan for the first time', {}, undefined, 'is announced'],
    ['that was announced three days ago', {}, told(3), 'goes'],
    ['that was announced less than three days ago', {}, told(2.999), 'waits'],
    ['that was used since', { usedAt: NOW - 1 }, told(5), 'is announced'],
    ['that was used late, before the announcement', { usedAt: OLD + 1 }, told(5), 'is announced'],
    ['that has lost a tag since, and looks older', { usedAt: OLD - 1 }, told(5), 'goes'],
    ['of which other tags were to go', { onlyTags: 'a' }, told(5, { onlyTags: 'a b' }), 'is announced'],
    ['of which the same tags were to go', { onlyTags: 'a b' }, told(5, { onlyTags: 'a b' }), 'goes'],
    ['of which only a tag was to go', {}, told(5, { onlyTags: 'a' }), 'is announced'],
    ['that was announced after now: a clock was wrong', {}, told(-1), 'is announced'],
    ['of which people were told a later time', {}, told(3, { until: NOW + 1 }), 'waits'],
  ])('%s %#', (_, more, announcement, expected) => {
    const { mayGo, toAnnounce, standing } = judge(announcement ? { a: announcement } : {}, [
      doomed('a', more),
    ])
    expect(mayGo).toEqual(expected === 'goes' ? ['a'] : [])
    expect(toAnnounce).toEqual(expected === 'is announced' ? ['a'] : [])
    const { usedAt = OLD, onlyTags = '' } = more
    const anew = { at: NOW, until: NOW + NOTICE, usedAt, onlyTags }
    expect(standing).toEqual({ a: expected === 'is announced' ? anew : announcement })
  })

  test('waits for a notice that was made longer, and as long as people were told if it was made shorter', () => {
    expect(judge({ a: told(4) }, [doomed('a')], 5 * DAY).mayGo).toEqual([])
    expect(judge({ a: told(5) }, [doomed('a')], 5 * DAY).mayGo).toEqual(['a'])
    expect(judge({ a: told(2) }, [doomed('a')], DAY).mayGo).toEqual([])
    expect(judge({ a: told(3) }, [doomed('a')], DAY).mayGo).toEqual(['a'])
  })

  test('that has left the plan is forgotten: if it comes back, it is announced anew', () => {
    const { standing } = judge({ a: told(5), b: told(5) }, [doomed('b')])
    expect(Object.keys(standing)).toEqual(['b'])
  })

  test('goes only with those that it belongs to, and needs no announcement if it has no tag of its own', () => {
    const child = doomed('child', { isAnnounced: false, parents: ['a', 'b'] })
    const tagged = doomed('tagged', { parents: ['a'] })
    expect(judge({ a: told(5), b: told(5) }, [doomed('a'), doomed('b'), child])).toMatchObject({
      ...{ mayGo: ['a', 'b', 'child'], toAnnounce: [] },
    })
    expect(judge({ a: told(5), b: told(1) }, [doomed('a'), doomed('b'), child]).mayGo).toEqual(['a'])
    expect(judge({ tagged: told(5) }, [doomed('a'), tagged])).toMatchObject({ mayGo: [], toAnnounce: ['a'] })
    // Those that it belongs to went before.
    expect(judge({}, [doomed('left', { isAnnounced: false })]).mayGo).toEqual(['left'])
  })
})

/** The plan of a policy that deletes all tags of these images. */
function planAmong(images: IndexedImage[]): RepositoryPlan {
  const policy = { name: 'p', registry: 'ci', repository: '**', rules: expiring({ tag: '*', olderThan: 1 }) }
  const decisions = planExpiry(policy, 'ci/team', images, NOW)
  const byDigest = new Map(images.map((image) => [image.digest, image]))
  return { decisions, images: byDigest, relations: relationsOf(images) }
}

/** What that dooms. */
const doomedAmong = (images: IndexedImage[], isGone?: (digest: string) => boolean): Doomed[] =>
  doomedIn(planAmong(images), isGone)

test('what a plan deletes has its last use, that of its parts included, and what it belongs to', () => {
  const images = [
    indexed('index', { tags: { 'pr-1': OLD }, lists: ['child'] }),
    indexed('child', { age: OLD, pulledAt: OLD + 7 }),
    indexed('signature', { tags: { [referrerTag('index', '.sig')]: OLD + 9 } }),
  ]
  const name = (one: string) => `team/app@${digest(one)}`
  const all = Object.fromEntries(doomedAmong(images).map((one) => [one.name, one]))
  expect(Object.keys(all)).toHaveLength(3)
  expect(all).toMatchObject({
    [name('index')]: { label: 'team/app:pr-1', usedAt: OLD + 7, parents: [], isAnnounced: true },
    [name('child')]: { label: name('child'), usedAt: OLD + 7, parents: [name('index')], isAnnounced: false },
    [name('signature')]: { label: name('signature'), parents: [name('index')], isAnnounced: false },
  })
  const left = doomedAmong(images, (one) => one === digest('index'))
  expect(left.map(({ parents, isAnnounced }) => ({ parents, isAnnounced }))).toEqual([
    { parents: [], isAnnounced: false },
    { parents: [], isAnnounced: false },
  ])
})

/** Images of the repository `team/app`, and uses of some of them before each of some runs. */
const anyStory = fc.record({
  images: anyImages.map((images) => images.filter(({ repository }) => repository === 'team/app')),
  runs: fc.array(
    fc.record({
      hours: fc.integer({ min: 1, max: 60 }),
      used: fc.array(fc.nat({ max: 15 }), { maxLength: 3 }),
      kept: fc.array(fc.nat({ max: 15 }), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
})

test('no image goes that was not in each plan, unused, for the whole notice', () => {
  fc.assert(
    fc.property(anyStory, ({ images, runs }) => {
      let now = NOW
      let standing: Announcements = new Map()
      /** By name: since when it has been in each plan, without a use. */
      const since = new Map<string, number>()
      for (const { hours, used, kept } of runs) {
        now += (hours * DAY) / 24
        const doomedNow = doomedAmong(images)
          .filter((_, n) => !kept.includes(n))
          .map((one, n) => (used.includes(n) ? { ...one, usedAt: now } : one))
        const judgement = judgeNotices(standing, doomedNow, now, NOTICE)
        for (const name of since.keys()) if (!doomedNow.some((one) => one.name === name)) since.delete(name)
        for (const { name, usedAt } of doomedNow)
          if (!since.has(name) || usedAt === now || usedAt > (standing.get(name)?.usedAt ?? usedAt))
            since.set(name, now)
        for (const { name, isAnnounced } of doomedNow)
          if (judgement.mayGo.has(name) && isAnnounced)
            expect(now - (since.get(name) ?? now)).toBeGreaterThanOrEqual(NOTICE)
        for (const one of doomedNow)
          if (judgement.mayGo.has(one.name))
            for (const parent of one.parents) expect(judgement.mayGo.has(parent)).toBe(true)
        expect([...judgement.standing.keys()].toSorted()).toEqual(
          doomedNow
            .filter(({ isAnnounced }) => isAnnounced)
            .map(({ name }) => name)
            .toSorted(),
        )
        standing = decodeAnnouncements(Buffer.from(encodeAnnouncements('p', 'ci/team', judgement.standing)))
        expect(standing).toEqual(judgement.standing)
        // To ask again at the same time changes nothing and announces nothing.
        expect(judgeNotices(standing, doomedNow, now, NOTICE)).toEqual({ ...judgement, toAnnounce: [] })
      }
    }),
    { numRuns: 200 },
  )
})

test('an image that nobody uses goes in the first run after its notice', () => {
  const first = judgeNotices(new Map(), [doomed('a')], NOW, NOTICE)
  const early = judgeNotices(first.standing, [doomed('a')], NOW + NOTICE - 1, NOTICE)
  expect(early.mayGo.size).toBe(0)
  expect(judgeNotices(early.standing, [doomed('a')], NOW + NOTICE, NOTICE).mayGo).toEqual(new Set(['a']))
})

describe('a plan', () => {
  const images = [
    indexed('index', { tags: { 'pr-1': OLD }, lists: ['child'] }),
    indexed('child', { age: OLD }),
    indexed('signature', { tags: { [referrerTag('index', '.sig')]: OLD } }),
  ]

  test('tells when an image was announced and from when on it goes; what belongs to it goes with it', () => {
    const told = { announcedAt: NOW - DAY, goesFrom: NOW - DAY + NOTICE }
    const standing = judgeNotices(new Map(), doomedAmong(images), NOW - DAY, NOTICE).standing
    expect([...noticesIn(planAmong(images), standing, NOW, NOTICE).values()]).toEqual(Array(3).fill(told))
    const notYet = { announcedAt: null, goesFrom: null }
    expect([...noticesIn(planAmong(images), new Map(), NOW, NOTICE).values()]).toEqual(Array(3).fill(notYet))
  })

  test('tells a time that is over of an image exactly if a run may delete it now', () => {
    const some = anyImages.map((all) => all.filter(({ repository }) => repository === 'team/app'))
    fc.assert(
      fc.property(
        some,
        fc.integer({ min: 0, max: 6 }),
        fc.array(fc.nat({ max: 9 })),
        (images, days, left) => {
          const plan = planAmong(images)
          const doomed = doomedIn(plan)
          const all = judgeNotices(new Map(), doomed, NOW - days * DAY, NOTICE).standing
          const standing = new Map([...all].filter((_, n) => !left.includes(n)))
          const { mayGo } = judgeNotices(standing, doomed, NOW, NOTICE)
          const told = noticesIn(plan, standing, NOW, NOTICE)
          expect(told.size).toBe(doomed.length)
          for (const { name, digest } of doomed) {
            const { goesFrom = null } = told.get(digest) ?? {}
            expect(goesFrom !== null && goesFrom <= NOW).toBe(mayGo.has(name))
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
