import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyImages, anyPolicy, DAY, digest, indexed, NOW, referrerTag } from '../../lab/images.ts'
import { candidatesIn, lastUseOf } from '../../src/expiry/evict-candidates.ts'
import type { ChosenImages } from '../../src/expiry/evicted.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import { atOnce } from '../../src/platform/pieces.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'
import { around, nameOf } from './around.ts'

const POLICY = {
  name: 'p',
  registry: 'ci',
  repository: '**',
  rules: [{ tag: { glob: 'v*' }, keep: true as const }],
}
const USE = { isComplete: true, since: 0 }

const chosenOf = (images: readonly IndexedImage[], usedAt = Number.POSITIVE_INFINITY): ChosenImages =>
  new Map(images.map((image) => [nameOf(image), { reason: 'too full', usedAt }]))

const verdictsOf = (images: IndexedImage[], evicted: ChosenImages) =>
  Object.fromEntries(
    planExpiry(POLICY, 'ci/team', images, NOW, { evicted }).map(({ digest, verdict }) => [digest, verdict]),
  )

test('of what was chosen only goes what no rule decides, and each image after all that it belongs to', () => {
  let evictions = 0
  fc.assert(
    fc.property(anyPolicy, anyImages, fc.infiniteStream(fc.boolean()), (policy, images, choices) => {
      const evicted = chosenOf(images.filter(() => choices.next().value))
      const plain = new Map(planExpiry(policy, 'ci/team', images, NOW).map((one) => [nameOf(one), one]))
      const decisions = planExpiry(policy, 'ci/team', images, NOW, { evicted })
      const positions = new Map(decisions.map((one, position) => [nameOf(one), position]))
      for (const [position, decision] of decisions.entries()) {
        const before = plain.get(nameOf(decision))
        if (before?.verdict === 'delete') expect(decision.verdict).toBe('delete')
        if (decision.verdict !== 'delete' || before?.verdict === 'delete') continue
        evictions += 1
        expect(before?.isLeft).toBe(true)
        const image = images.find((one) => nameOf(one) === nameOf(decision))
        if (image === undefined) throw new Error('it is no image')
        const { parents, subjects } = around(images, image)
        for (const other of [...parents, ...subjects]) {
          const at = positions.get(nameOf(other)) ?? Number.POSITIVE_INFINITY
          expect(at).toBeLessThan(position)
          expect(decisions[at]?.verdict).toBe('delete')
        }
      }
    }),
    { numRuns: 1000 },
  )
  expect(evictions).toBeGreaterThan(100)
})

test('a use of any part since it was chosen spares an image, with all that belongs to it', () => {
  const old = NOW - 30 * DAY
  const family = (pulls: Record<string, number> = {}) => [
    indexed('index', { tags: { main: old }, lists: ['child'], pulledAt: pulls.index ?? 0 }),
    indexed('child', { age: old, pulledAt: pulls.child ?? 0 }),
    indexed('signature', { tags: { [referrerTag('index', '.sig')]: old }, pulledAt: pulls.signature ?? 0 }),
  ]
  const chosen = chosenOf(family(), old)
  expect(new Set(Object.values(verdictsOf(family(), chosen)))).toEqual(new Set(['delete']))
  for (const part of ['index', 'child', 'signature'])
    expect(new Set(Object.values(verdictsOf(family({ [part]: old + 1 }), chosen)))).toEqual(new Set(['keep']))
})

test('an image goes with all its tags if none of them is kept; a tag that a rule keeps since then keeps it', () => {
  const image = (...tags: string[]) =>
    indexed('a', { tags: Object.fromEntries(tags.map((tag) => [tag, NOW - DAY])) })
  const chosen = chosenOf([image('main')])
  expect(verdictsOf([image('main', 'other')], chosen)).toEqual({ [digest('a')]: 'delete' })
  expect(verdictsOf([image('main', 'v1')], chosen)).toEqual({ [digest('a')]: 'keep' })
})

test('a family is in the last tier of its tags; what has a tag in no tier stays', () => {
  const tiers = [{ tag: { glob: 'cache-*' } }, { tag: { glob: 'pr-*' } }, { tagged: false }]
  const at = NOW - 9 * DAY
  const images = [
    indexed('cache', { tags: { 'cache-1': at } }),
    indexed('both', { tags: { 'cache-2': at, 'pr-2': at } }),
    indexed('other', { tags: { 'cache-3': at, main: at } }),
    indexed('untagged', { age: at }),
    indexed('kept', { tags: { v1: at } }),
    indexed('index', { tags: { 'cache-4': at }, lists: ['tagged child', 'named child'] }),
    indexed('tagged child', { tags: { 'pr-4': at } }),
    indexed('named child', { tags: { latest: at } }),
  ]
  const decisions = planExpiry(POLICY, 'ci/team', images, NOW)
  const { families } = atOnce(candidatesIn(images, decisions, tiers, { now: NOW, use: USE }))
  const byRoot = Object.fromEntries(
    families.map(({ root, tier, images }) => [root.digest, [tier, images.map((one) => one.digest)]]),
  )
  expect(byRoot).toEqual({
    [digest('cache')]: [0, [digest('cache')]],
    [digest('both')]: [1, [digest('both')]],
    [digest('untagged')]: [2, [digest('untagged')]],
    [digest('index')]: [1, [digest('index'), digest('tagged child')]],
  })
})

test('a tagged child goes with its index, also if a rule expires that', () => {
  const rules = [
    { tag: { glob: 'v*' }, keep: true as const },
    { tag: { glob: 'pr-*' }, expire: true as const },
  ]
  const at = NOW - 9 * DAY
  const images = [
    indexed('index', { tags: { 'pr-1': at }, lists: ['left', 'kept', 'shared', 'untagged'] }),
    indexed('other', { tags: { main: at }, lists: ['shared'] }),
    indexed('left', { tags: { amd64: at } }),
    indexed('signature', { tags: { [referrerTag('left', '.sig')]: at } }),
    indexed('kept', { tags: { v1: at } }),
    indexed('shared', { tags: { arm64: at } }),
    indexed('untagged', { age: at }),
  ]
  const policy = { ...POLICY, rules }
  const decisions = planExpiry(policy, 'ci/team', images, NOW)
  const { families } = atOnce(candidatesIn(images, decisions, undefined, { now: NOW, use: USE }))
  const digests = families.map((one) => one.images.map((image) => image.digest))
  expect(digests.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))).toEqual(
    [
      ['left', 'signature'],
      ['other', 'shared'],
    ]
      .map((names) => names.map(digest))
      .toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)),
  )

  const left = chosenOf(
    families.flatMap((one) => one.images).filter((image) => image.digest === digest('left')),
  )
  const order = planExpiry(policy, 'ci/team', images, NOW, { evicted: left })
    .filter(({ verdict }) => verdict === 'delete')
    .map((one) => one.digest)
  expect(order.indexOf(digest('index'))).toBeLessThan(order.indexOf(digest('left')))
  expect(order.indexOf(digest('left'))).toBeGreaterThan(-1)
})

test('the last use is the latest that may have been if all pulls are heard, and else the latest that is certain', () => {
  const pushedAt = NOW - 50 * DAY
  const item = (pulledAt: number) => {
    const image = indexed('a', { age: pushedAt, pulledAt })
    return { image, tag: undefined, whole: [image] }
  }
  const all = (since: number) => ({ isComplete: true, since })
  expect(lastUseOf(item(NOW - DAY), all(0))).toEqual({ at: NOW - DAY, isKnown: true, what: 'pulled' })
  expect(lastUseOf(item(0), all(0))).toEqual({ at: pushedAt, isKnown: true, what: 'pushed' })
  expect(lastUseOf(item(0), all(NOW - 9 * DAY))).toEqual({ at: NOW - 9 * DAY, isKnown: true, what: 'heard' })
  const found = indexed('b', { age: { at: pushedAt, source: 'image' }, heardSince: NOW - 2 * DAY })
  expect(lastUseOf({ image: found, tag: undefined, whole: [found] }, all(0))).toEqual({
    ...{ at: NOW - 2 * DAY, isKnown: true, what: 'seen' },
  })
  const some = { isComplete: false, since: NOW - 9 * DAY }
  expect(lastUseOf(item(0), some)).toEqual({ at: pushedAt, isKnown: false, what: 'pushed' })
  expect(lastUseOf(item(NOW - DAY), { ...all(0), unheard: 'no pulls' }).isKnown).toBe(false)
})
