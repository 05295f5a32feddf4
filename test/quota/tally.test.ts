import { expect, test } from 'vitest'
import type { Standing } from '../../src/quota/standings.ts'
import { makeTally } from '../../src/quota/tally.ts'

const standing = (id: string, uniqueBytes: number, flag: Standing['flag'] = 'ok'): Standing => ({
  ...{ id, uniqueBytes, exclusiveBytes: uniqueBytes / 2, referencedBytes: uniqueBytes * 2 },
  ...{ unreferencedBytes: 1, tags: 0, lastPushAt: 0, lastPullAt: 0, flag, since: null },
})

const STANDINGS = [
  standing('ci/team-a/small', 10, 'over'),
  standing('ci/team-a/large', 400, 'over'),
  standing('hub/x', 300),
  standing('ci/b', 20, 'warning'),
  standing('ci/c', 30),
]

/** A tally of projects that come one by one. */
function tallyOf(standings: readonly Standing[], count: number) {
  const tally = makeTally(count)
  for (const one of standings) tally.add([one])
  return tally.result()
}

const sizes = (
  uniqueBytes: number,
  exclusiveBytes: number,
  referencedBytes: number,
  unreferenced: number,
) => ({
  ...{ uniqueBytes, exclusiveBytes, referencedBytes, unreferencedBytes: unreferenced },
})

test('the largest projects of all registries stand alone, and the others are summed by registry', () => {
  const { largest, others } = tallyOf(STANDINGS, 2)
  expect(largest.map(({ id }) => id)).toEqual(['ci/team-a/large', 'hub/x'])
  expect([...others]).toEqual([['ci', sizes(60, 30, 120, 3)]])
})

test('every project is counted by its flag', () => {
  expect(Object.fromEntries(tallyOf(STANDINGS, 2).counts)).toEqual({
    ci: { ok: 1, warning: 1, over: 2 },
    hub: { ok: 1, warning: 0, over: 0 },
  })
})

test('if there are no more projects than that, there are no others', () => {
  expect(tallyOf(STANDINGS, 5).others.size).toBe(0)
  expect(tallyOf([], 5)).toEqual({ largest: [], others: new Map(), counts: new Map() })
})

test('batches of any size give the same', () => {
  const tally = makeTally(2)
  tally.add(STANDINGS.slice(0, 3))
  tally.add(STANDINGS.slice(3))
  expect(tally.result()).toEqual(tallyOf(STANDINGS.toReversed(), 2))
})
