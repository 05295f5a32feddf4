import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeStandings, positionOf, SORTS, type Sort, type Standing } from '../../src/quota/standings.ts'

const ALL = ['ok', 'warning', 'over'] as const
const standing = (id: string, uniqueBytes: number, more: Partial<Standing> = {}): Standing => ({
  ...{ id, uniqueBytes, exclusiveBytes: 0, referencedBytes: 0, unreferencedBytes: 0 },
  ...{ tags: 0, lastPushAt: 0, lastPullAt: 0, flag: 'ok', since: null, ...more },
})
const idsOf = (standings: readonly Standing[]) => standings.map(({ id }) => id)

describe('projects', () => {
  const standings = makeStandings([
    standing('ci/b', 10, { exclusiveBytes: 1, tags: 3, lastPushAt: 5 }),
    standing('ci/a', 10, { exclusiveBytes: 2, flag: 'warning', lastPushAt: 7, lastPullAt: 8 }),
    standing('hub/c', 30, { flag: 'over', tags: 1, lastPullAt: 9 }),
    standing('ci/team-a/web', 20),
  ])
  const select = (more: object) => idsOf(standings.select({ sort: 'unique', flags: ALL, limit: 10, ...more }))

  test.each<[Sort, string[]]>([
    ['unique', ['hub/c', 'ci/team-a/web', 'ci/a', 'ci/b']],
    ['exclusive', ['ci/a', 'ci/b', 'ci/team-a/web', 'hub/c']],
    ['flag', ['hub/c', 'ci/a', 'ci/b', 'ci/team-a/web']],
    ['name', ['ci/a', 'ci/b', 'ci/team-a/web', 'hub/c']],
    ['tags', ['ci/b', 'hub/c', 'ci/a', 'ci/team-a/web']],
    ['pushed', ['ci/a', 'ci/b', 'ci/team-a/web', 'hub/c']],
    ['idle', ['ci/team-a/web', 'ci/b', 'ci/a', 'hub/c']],
  ])('are in order by %s', (sort, ids) => {
    expect(select({ sort })).toEqual(ids)
  })

  test('are filtered by registry, flag and a text in the id', () => {
    expect(select({ registry: 'hub' })).toEqual(['hub/c'])
    expect(select({ registry: 'hu' })).toEqual([])
    expect(select({ flags: ['over', 'warning'] })).toEqual(['hub/c', 'ci/a'])
    expect(select({ search: 'TEAM' })).toEqual(['ci/team-a/web'])
    expect(select({ registry: 'ci', search: 'a', flags: ['warning'] })).toEqual(['ci/a'])
  })
})

const anyStandings = fc.uniqueArray(
  fc.record({
    id: fc.string({ unit: fc.constantFrom('a', 'b', '/', '-'), minLength: 1, maxLength: 4 }),
    uniqueBytes: fc.nat(3),
    exclusiveBytes: fc.nat(3),
    referencedBytes: fc.constant(0),
    unreferencedBytes: fc.constant(0),
    tags: fc.nat(2),
    lastPushAt: fc.nat(2),
    lastPullAt: fc.nat(2),
    flag: fc.constantFrom(...ALL),
    since: fc.constant(null),
  }),
  { selector: ({ id }) => id, maxLength: 20 },
)

test('pages of any size, one after the other, are the whole list', () => {
  fc.assert(
    fc.property(
      anyStandings,
      fc.constantFrom(...SORTS),
      fc.integer({ min: 1, max: 6 }),
      (all, sort, limit) => {
        const standings = makeStandings(all)
        const selection = { sort, flags: ALL }
        const whole = standings.select({ ...selection, limit: 100 })
        expect(whole).toHaveLength(all.length)
        const paged: Standing[] = []
        for (let more = true; more; ) {
          const last = paged.at(-1)
          const page = standings.select({ ...selection, limit, after: last && positionOf(sort)(last) })
          paged.push(...page)
          more = page.length === limit
        }
        expect(idsOf(paged)).toEqual(idsOf(whole))
      },
    ),
  )
})

test('while numbers change between pages, no project is missed whose own number stays', () => {
  fc.assert(
    fc.property(
      anyStandings,
      anyStandings,
      fc.constantFrom(...SORTS),
      fc.nat(10),
      (all, changed, sort, cut) => {
        const first = makeStandings(all).select({ sort, flags: ALL, limit: cut })
        const last = first.at(-1)
        // The changed ones replace those of the same id, and others are new.
        const later = [...all.filter(({ id }) => !idsOf(changed).includes(id)), ...changed]
        const after = last && positionOf(sort)(last)
        const rest = makeStandings(later).select({ sort, flags: ALL, limit: 100, after })
        const listed = new Set([...idsOf(first), ...idsOf(rest)])
        for (const { id } of all) if (!idsOf(changed).includes(id)) expect(listed).toContain(id)
      },
    ),
  )
})
