import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { afterLook } from '../../src/integrity/after-look.ts'
import { makeBlobChecks, type Position } from '../../src/integrity/blob-checks.ts'
import { brokenImages, imageOf, type LookedAt } from '../../src/integrity/broken-images.ts'
import type { Damage } from '../../src/integrity/damage.ts'
import { allowance, type Spent, spend } from '../../src/integrity/scrub-budget.ts'

const DAY = 86_400_000
const digest = (n: number) => digestOf(Buffer.from(`manifest ${n}`))
const damage = (n: number): Damage => ({
  ...{ digest: digestOf(Buffer.from(`blob ${n}`)), part: 'layer', fault: 'missing', size: 10 },
})

/** A repository of manifests 0 to 5, where each may list later ones, of which some are not there. */
const anyReading: fc.Arbitrary<LookedAt> = fc
  .record({
    there: fc.uniqueArray(fc.integer({ min: 0, max: 5 })),
    children: fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 5 }))),
    broken: fc.uniqueArray(fc.integer({ min: 0, max: 5 })),
    unknown: fc.uniqueArray(fc.integer({ min: 0, max: 5 })),
    tags: fc.dictionary(fc.constantFrom('v1', 'v2', 'latest'), fc.integer({ min: 0, max: 5 })),
  })
  .map(({ there, children, broken, unknown, tags }) => ({
    repository: 'a/x',
    manifests: there.map((n) => ({
      digest: digest(n),
      references: children
        .filter(([parent, child]) => parent === n && child > n)
        .map(([, child]) => ({ kind: 'child', digest: digest(child), size: 1 })),
      ...(!unknown.includes(n) && { damages: broken.includes(n) ? [damage(n)] : [] }),
    })),
    unreadable: [],
    tags: Object.entries(tags)
      .filter(([, n]) => there.includes(n))
      .map(([tag, n]) => ({ tag, digest: digest(n) })),
  }))

test('an image is broken, whole, or not known; damage below a tag is never lost', () => {
  fc.assert(
    fc.property(anyReading, (reading) => {
      const { broken, whole } = brokenImages(reading, { sparse: false })
      const isBroken = new Set(broken.map((image) => image.digest))
      expect(isBroken.intersection(whole).size).toBe(0)
      const manifests = new Map(reading.manifests.map((one) => [one.digest, one]))
      const damagedBelow = (from: string): boolean => {
        const one = manifests.get(from)
        if (one === undefined) return true
        return (
          (one.damages ?? []).length > 0 || (one.references ?? []).some((child) => damagedBelow(child.digest))
        )
      }
      for (const tagged of reading.tags) expect(isBroken.has(tagged.digest)).toBe(damagedBelow(tagged.digest))
    }),
  )
})

test('what is recorded after a look is what the look found, and what a scrub has found before', () => {
  fc.assert(
    fc.property(anyReading, anyReading, fc.boolean(), (before, reading, isOfScrub) => {
      const old = brokenImages(before, { sparse: false }).broken.map((image) => ({
        ...image,
        damages: image.damages.map((one) => (isOfScrub ? { ...one, at: 'somebody' } : one)),
      }))
      const found = brokenImages(reading, { sparse: false })
      const there = new Set(reading.manifests.map((one) => one.digest))
      const { set, remove } = afterLook(old, { ...found, isThere: (one) => there.has(one) })
      const recorded = new Set([...old.map((one) => one.digest), ...set.map((one) => one.digest)])
      for (const gone of remove) recorded.delete(gone)
      for (const image of found.broken) expect(recorded.has(image.digest)).toBe(true)
      for (const one of recorded) expect(there.has(one)).toBe(true)
      if (!isOfScrub) for (const one of recorded) expect(found.whole.has(one)).toBe(false)
    }),
  )
})

test('no more is read in some days than their budgets and one content', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: DAY }), fc.integer({ min: 1, max: 5_000 })), {
        maxLength: 60,
      }),
      (steps) => {
        const bytesPerDay = 1_000
        const start = Date.parse('2026-11-27T00:00:00Z')
        let [now, read, last] = [start, 0, 0]
        let spent: Spent | undefined
        for (const [wait, bytes] of steps) {
          now += wait
          if (allowance(spent, { now, bytesPerDay, share: 'so far' }) <= 0) continue
          spent = spend(spent, bytes, now, bytesPerDay)
          read += bytes
          last = Math.max(last, bytes)
        }
        const days = Math.floor((now - start) / DAY) + 1
        expect(read).toBeLessThanOrEqual(days * bytesPerDay + last)
      },
    ),
  )
})

test('whatever the budget, every manifest has its turn, each once before any has its second', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 }),
      (budget, blobs) => {
        const all = blobs.map(
          (_, n): Position => ({ repository: `r${String(n >> 2).padStart(2, '0')}`, digest: `${n % 4}` }),
        )
        const taken: number[] = []
        let from: Position | undefined
        do {
          const run = makeBlobChecks({
            ...{ budget, perSecond: 1, from, compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0) },
            ...{ now: () => 0, sleep: async () => {} },
          })
          for (const [n, at] of all.entries())
            if (run.takes(at)) {
              run.spend(at, blobs[n] ?? 0)
              taken.push(n)
            }
          from = run.next()
        } while (from !== undefined)
        expect(taken).toEqual(all.map((_, n) => n))
      },
    ),
  )
})

test('an image keeps its first tags and damages, and says how many there are', () => {
  const tags = Array.from({ length: 30 }, (_, n) => `v${n}`)
  const image = imageOf(
    'a',
    digest(0),
    tags,
    tags.map((_, n) => damage(n)),
  )
  expect([image.tags.length, image.tagCount, image.damages.length, image.damageCount]).toEqual([
    20, 30, 20, 30,
  ])
})
