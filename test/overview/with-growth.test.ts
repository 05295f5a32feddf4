import { expect, test } from 'vitest'
import { makeWithGrowth } from '../../src/overview/with-growth.ts'
import { makeStandings } from '../../src/quota/standings.ts'

const standing = (id: string, uniqueBytes: number) => ({
  ...{ id, uniqueBytes, exclusiveBytes: 0, referencedBytes: 0, unreferencedBytes: 0, tags: 0 },
  ...{ manifests: 0, lastPushAt: 0, lastPullAt: 0, flag: 'ok' as const, since: null },
})
const BASES: Record<string, number | null> = { 'ci/a': 5, 'ci/b': 30, 'ci/c': null, 'ci/d': 0 }
const all = makeStandings(['ci/a', 'ci/b', 'ci/c', 'ci/d'].map((id) => standing(id, 10)))
const bases = { since: 0, of: (id: string) => BASES[id] ?? null }
const asked = { sort: 'growth', flags: ['ok'], limit: 10 } as const

test('who grew most comes first, then who shrank; of whom it is not known comes last', async () => {
  const withGrowth = makeWithGrowth({ standings: async () => all, growthBases: async () => bases })
  const found = (await withGrowth()).select(asked)
  expect(found.map(({ id, growthBytes }) => [id, growthBytes])).toEqual([
    ['ci/d', 10],
    ['ci/a', 5],
    ['ci/b', -20],
    ['ci/c', null],
  ])
  // The order is made once.
  expect(await withGrowth()).toBe(await withGrowth())
})

test('a page goes on after its last project, also among those of which it is not known', async () => {
  const withGrowth = makeWithGrowth({ standings: async () => all, growthBases: async () => undefined })
  const standings = await withGrowth()
  const cursor = JSON.parse(JSON.stringify(['growth', Number.MIN_SAFE_INTEGER, 'ci/b']))
  expect(standings.select({ ...asked, after: cursor }).map(({ id }) => id)).toEqual(['ci/c', 'ci/d'])
})
