import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adviceOf, type Known } from '../../src/collection/advice.ts'
import { makeKnown } from '../../src/collection/known.ts'
import { nextKnown, type Seen } from '../../src/collection/next-known.ts'

const NOW = Date.parse('2026-11-27T00:00:00Z')
const DAY = 86_400_000
const day = (days: number) => new Date(NOW + days * DAY).toISOString()

const KNOWN: Known = {
  ...{ registry: 'ci', at: day(0), collectable: { blobs: 10, bytes: 100 }, total: 1_000 },
  ...{ undoable: [], points: [{ at: day(0), collectable: 100, blobs: 900 }], last: null, isTold: false },
}

const anyKnown: fc.Arbitrary<Known> = fc
  .record({
    total: fc.integer({ min: 0, max: 1_000_000 }),
    bytes: fc.integer({ min: 0, max: 1_000_000 }),
    undoable: fc.array(
      fc.record({
        until: fc.integer({ min: -10, max: 40 }).map(day),
        images: fc.integer({ min: 1, max: 9 }),
        bytes: fc.integer({ min: 0, max: 500_000 }),
      }),
      { maxLength: 5 },
    ),
    before: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
  })
  .map(({ total, bytes, undoable, before }) => ({
    ...{ ...KNOWN, total: Math.max(total, bytes), undoable, collectable: { blobs: 1, bytes } },
    points: [
      ...(before === null ? [] : [{ at: day(-5), collectable: before, blobs: 0 }]),
      { at: day(0), collectable: bytes, blobs: 0 },
    ],
  }))
const anyThresholds = fc.record({
  bytes: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
  share: fc.double({ min: 0.01, max: 1, noNaN: true }),
})

describe('whether a collection pays', () => {
  test.for([
    ['a share', { share: 0.1 }, true],
    ['less than the share', { share: 0.11 }, false],
    ['bytes', { share: 1, bytes: 100 }, true],
    ['fewer bytes', { share: 1, bytes: 101 }, false],
  ] as const)('%s', ([, thresholds, pays]) => {
    expect(adviceOf(KNOWN, thresholds, NOW).pays).toBe(pays)
  })

  test('what undo needs does not count until it is no longer promised, and it is told when', () => {
    const known = { ...KNOWN, undoable: [{ until: day(3), images: 2, bytes: 60 }] }
    const advice = adviceOf(known, { share: 0.1 }, NOW)
    expect(advice).toMatchObject({
      ...{ pays: false, paysFrom: day(3), share: 0.04 },
      undoable: { images: 2, bytes: 60, until: day(3) },
    })
    expect(advice.text).toContain('60 B more can be freed once 2 images of the trash cannot be brought back')
    expect(adviceOf(known, { share: 0.1 }, Date.parse(day(3)) + 1).pays).toBe(true)
  })

  test('it is told from when on garbage that grows will be enough', () => {
    const points = [{ at: day(-10), collectable: 0, blobs: 0 }, ...KNOWN.points]
    expect(adviceOf({ ...KNOWN, points }, { share: 0.2 }, NOW)).toMatchObject({
      ...{ pays: false, bytesPerDay: 10, paysFrom: day(10) },
    })
    expect(adviceOf(KNOWN, { share: 0.2 }, NOW).paysFrom).toBeNull()
  })

  test('it is one or the other, and the numbers hold together', () => {
    fc.assert(
      fc.property(anyKnown, anyThresholds, (known, thresholds) => {
        const advice = adviceOf(known, thresholds, NOW)
        if (advice.pays) expect(advice.paysFrom).toBeNull()
        if (advice.paysFrom !== null) expect(Date.parse(advice.paysFrom)).toBeGreaterThanOrEqual(NOW)
        expect(advice.undoable.bytes).toBeLessThanOrEqual(advice.collectable.bytes)
        expect(advice.share).toBeLessThanOrEqual(1)
        // A lower threshold never makes a collection pay less.
        const lower = { share: thresholds.share / 2 }
        if (advice.pays && thresholds.bytes === undefined) expect(adviceOf(known, lower, NOW).pays).toBe(true)
      }),
    )
  })
})

describe('what surveys tell', () => {
  const seen = (days: number, bytes: number, blobs: number): Seen => ({
    ...{ registry: 'ci', at: day(days), total: blobs, blobs, undoable: [] },
    candidates: bytes === 0 ? [] : [{ digest: 'sha256:a', size: bytes }],
  })

  test('that something else has collected', () => {
    const first = nextKnown(undefined, seen(0, 500, 900))
    expect(first.last).toBeNull()
    const grown = nextKnown({ ...first, isTold: true }, seen(1, 600, 1_000))
    expect(grown).toMatchObject({ last: null, isTold: true })
    expect(grown.points).toHaveLength(2)
    const after = nextKnown(grown, seen(2, 0, 400))
    expect(after).toMatchObject({
      ...{ isTold: false, points: [{ at: day(2) }] },
      last: { at: day(2), seen: 'survey', freed: 600, pauseMs: null },
    })
  })

  test('that an image was put back: garbage falls, and no blob goes', () => {
    const first = nextKnown(undefined, seen(0, 500, 900))
    expect(nextKnown(first, seen(1, 100, 900)).last).toBeNull()
  })
})

test('what is known and cannot be read is made anew, and holds up no survey', async () => {
  const objects = new Map<string, Buffer>([['collections-known/ci.json', Buffer.from('{"registry": "c')]])
  const known = makeKnown({
    store: {
      get: async (key) => objects.get(key),
      put: async (key, body) => void objects.set(key, Buffer.from(String(body))),
    },
    thresholdsOf: () => ({ share: 0.5 }),
    undoableOf: async function* () {},
    onPays: async () => {},
    now: () => NOW,
  })
  expect(await known.adviceOf('ci')).toBeUndefined()
  await known.onCollected('ci', { at: day(0), seen: 'run', freed: 1, pauseMs: 1 })
  await known.onSurveyed({ registry: 'ci', at: day(0), total: 100, blobs: 90, candidates: [] })
  expect(await known.adviceOf('ci')).toMatchObject({ pays: false })
})
