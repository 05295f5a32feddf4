import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adviceOn, withTimes } from '../../web/src/pages/overview/advice.ts'
import { chartData } from '../../web/src/pages/overview/chart-data.ts'
import { legendOf, stepOf } from '../../web/src/pages/overview/colours.ts'
import { makeLayout, neighbour } from '../../web/src/pages/overview/layout.ts'
import { marksOf } from '../../web/src/pages/overview/marks.ts'
import { type Overview, type Row, withChange } from '../../web/src/pages/overview/rows.ts'
import { lastMonday, sentence, type Told } from '../../web/src/pages/overview/sentence.ts'
import { compareBy, flatRows, SORTS, tableRows } from '../../web/src/pages/overview/table-rows.ts'
import { toldOf } from '../../web/src/pages/overview/told.ts'
import {
  chainOf,
  childToward,
  nodeAt,
  projectsIn,
  treeOf,
  updateTree,
} from '../../web/src/pages/overview/tree.ts'

const GiB = 2 ** 30
const DAY = 86_400_000
/** A Thursday, at local noon. */
const NOW = new Date(2026, 10, 26, 12).getTime()

const row = (id: string, uniqueBytes: number, more: Partial<Row> = {}): Row => ({
  ...{ id, uniqueBytes, exclusiveBytes: uniqueBytes / 2, flag: 'ok', flagSince: null, growthBytes: null },
  ...{
    lastPushAt: null,
    lastPullAt: null,
    planAt: null,
    planUniqueBytes: null,
    planFreesBytes: null,
    ...more,
  },
})
const ROWS = [
  row('ci/shop/web', 40, { flag: 'over', growthBytes: 5, lastPushAt: 100, lastPullAt: 300 }),
  row('ci/shop/api', 30, { planAt: 1, planUniqueBytes: 10, planFreesBytes: 8 }),
  row('ci/data', 20, { flag: 'warning', growthBytes: -2 }),
  row('ci/data/etl', 10),
  row('hub/x', 5),
]

describe('the tree', () => {
  const root = treeOf(ROWS)
  const at = (path: string) => nodeAt(root, path)

  test('sums up what is below each node', () => {
    expect(at('ci')).toMatchObject({
      ...{ kind: 'registry', uniqueBytes: 100, exclusiveBytes: 50, projects: 4, flag: 'over' },
      ...{ growthBytes: 3, planned: 1, planUniqueBytes: 10, planFreesBytes: 8, usedAt: 300 },
    })
    expect(at('hub')).toMatchObject({ growthBytes: null, usedAt: null, planned: 0, flag: 'ok' })
    expect(root.uniqueBytes).toBe(105)
  })

  test('a path leads to its node, or to the nearest one above it', () => {
    expect(at('ci/shop')).toMatchObject({ kind: 'group', path: 'ci/shop' })
    expect(at('ci/shop/web')).toMatchObject({ kind: 'project', path: 'ci/shop/web' })
    expect(at('ci/shop/gone').path).toBe('ci/shop')
    expect(at('ci/sho').path).toBe('ci')
    expect(at('')).toBe(root)
  })

  test('a group that is a project, too, holds that project', () => {
    const group = at('ci/data')
    expect(group).toMatchObject({ kind: 'group', uniqueBytes: 30, projects: 2 })
    expect(group.children.map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
      'project ci/data',
      'project ci/data/etl',
    ])
    expect([...projectsIn(root)].map(({ path }) => path).sort()).toEqual(ROWS.map(({ id }) => id).sort())
  })

  test('a zoom leads one step toward a cell', () => {
    expect(childToward(root, at('ci/shop/web'))?.path).toBe('ci')
    expect(childToward(at('ci'), at('ci/shop/web'))?.path).toBe('ci/shop')
    expect(chainOf(at('ci/shop/web')).map(({ path }) => path)).toEqual(['', 'ci', 'ci/shop', 'ci/shop/web'])
  })

  test('other numbers go into the nodes that are there; with other projects it is made anew', () => {
    const tree = treeOf(ROWS)
    const web = nodeAt(tree, 'ci/shop/web')
    const grown = new Map(
      ROWS.map((one) => [one.id, one.id === web.path ? { ...one, uniqueBytes: 400 } : one]),
    )
    expect(updateTree(tree, grown)).toBe(true)
    expect(web.uniqueBytes).toBe(400)
    expect(tree.uniqueBytes).toBe(465)
    grown.delete('hub/x')
    expect(updateTree(tree, grown)).toBe(false)
    expect(tree.uniqueBytes).toBe(465)
  })
})

describe('the layout', () => {
  const anyRows = fc.uniqueArray(
    fc.record({
      team: fc.constantFrom('a', 'b', 'c'),
      app: fc.nat(40),
      bytes: fc.integer({ min: 1, max: 1e9 }),
    }),
    { selector: ({ team, app }) => `${team}/${app}`, minLength: 1, maxLength: 60 },
  )
  test('cells of a level do not overlap, and stay inside', () => {
    fc.assert(
      fc.property(anyRows, (all) => {
        const tree = treeOf(all.map(({ team, app, bytes }) => row(`ci/${team}/${app}`, bytes)))
        const cells = makeLayout(nodeAt(tree, 'ci'), (node) => node.uniqueBytes)(800, 500)
        const leaves = cells.filter(({ isLeaf }) => isLeaf)
        for (const [n, a] of leaves.entries()) {
          expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= 800 && a.y + a.height <= 500).toBe(true)
          for (const b of leaves.slice(n + 1)) {
            const apart =
              a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
            expect(apart).toBe(true)
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  test('cells keep their places while numbers change', () => {
    const rows = Array.from({ length: 40 }, (_, n) => row(`ci/t/p${n}`, 1000 - 20 * n))
    const tree = treeOf(rows)
    const layOut = makeLayout(nodeAt(tree, 'ci/t'), (node) => node.uniqueBytes)
    const places = () => new Map(layOut(900, 500).map((cell) => [cell.node.path, cell]))
    const before = places()
    // The smallest becomes the largest: sorted anew, all would move.
    updateTree(
      tree,
      new Map(rows.map((one) => [one.id, one.id === 'ci/t/p39' ? { ...one, uniqueBytes: 1500 } : one])),
    )
    const after = places()
    const moved = rows.filter(({ id }) => {
      const [a, b] = [before.get(id), after.get(id)]
      return id !== 'ci/t/p39' && a && b && Math.hypot(a.x - b.x, a.y - b.y) > 120
    })
    expect(moved.map(({ id }) => id)).toEqual([])
    expect((after.get('ci/t/p39')?.width ?? 0) * (after.get('ci/t/p39')?.height ?? 0)).toBeGreaterThan(
      5 * (before.get('ci/t/p39')?.width ?? 0) * (before.get('ci/t/p39')?.height ?? 0),
    )
  })

  test('arrow keys lead to the cell in their direction', () => {
    const tree = treeOf(ROWS)
    const cells = makeLayout(nodeAt(tree, 'ci'), (node) => node.uniqueBytes)(900, 500)
    const first = cells.filter(({ depth }) => depth === 1)
    const [left, right] = first.toSorted((a, b) => a.x - b.x)
    if (!left || !right) throw new Error('two cells are expected')
    expect(neighbour(first, left, 'ArrowRight')).toBe(right)
    expect(neighbour(first, right, 'ArrowLeft')).toBe(left)
    expect(neighbour(first, left, 'ArrowLeft')).toBeUndefined()
  })
})

describe('the table', () => {
  const tree = treeOf(ROWS)
  const order = { sort: 'unique', isDown: true } as const

  test('shows the groups, and below those that are open what is in them', () => {
    const paths = (open: string[]) =>
      tableRows(nodeAt(tree, 'ci'), order, ({ path }) => open.includes(path)).map(
        ({ node, level }) => `${level} ${node.path}`,
      )
    expect(paths([])).toEqual(['1 ci/shop', '1 ci/data'])
    expect(paths(['ci/shop'])).toEqual(['1 ci/shop', '2 ci/shop/web', '2 ci/shop/api', '1 ci/data'])
  })

  test('shows all projects in one order; what is not known comes last in both directions', () => {
    const ids = (sort: (typeof SORTS)[number], isDown: boolean) =>
      flatRows(projectsIn(tree), { sort, isDown }).map(({ node }) => node.path)
    expect(ids('growth', true)).toEqual(['ci/shop/web', 'ci/data', 'ci/data/etl', 'ci/shop/api', 'hub/x'])
    expect(ids('growth', false)).toEqual(['ci/data', 'ci/shop/web', 'ci/data/etl', 'ci/shop/api', 'hub/x'])
    expect(ids('flag', true).slice(0, 2)).toEqual(['ci/shop/web', 'ci/data'])
    expect(ids('name', false)[0]).toBe('ci/data')
    expect(ids('frees', true)[0]).toBe('ci/shop/api')
  })

  test('each order is one: a comparison the other way round has the other sign', () => {
    const nodes = [...projectsIn(tree)]
    for (const sort of SORTS)
      for (const isDown of [true, false])
        for (const a of nodes)
          for (const b of nodes) {
            const compare = compareBy({ sort, isDown })
            expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a)) + 0).toBe(0)
          }
  })
})

describe('the sentence', () => {
  const told = (more: Partial<Told>): string =>
    sentence({ bytes: 1.8 * 1024 * GiB, counts: 'registry', projects: 9, over: 0, warning: 0, ...more }, NOW)

  test('says all that is known', () => {
    expect(
      told({
        ...{
          counts: 'disk',
          growth: { bytes: 14 * GiB, since: lastMonday(NOW) },
          sharedShare: 0.62,
          over: 2,
        },
        full: { soonest: 90, likely: 97, latest: 106 },
      }),
    ).toBe(
      '1.8 TiB on disk, +14.0 GiB since Monday, 62 % shared; two projects over quota; full on 3 March ± 9 days',
    )
  })

  test('leaves out what is not known', () => {
    expect(told({})).toBe('1.8 TiB stored')
    expect(told({ counts: 'projects', projects: 1, warning: 1 })).toBe(
      '1.8 TiB in one project; one project near quota',
    )
  })

  test.each([
    [{ soonest: 0, likely: 0, latest: 0 }, '1.8 TiB stored; the registry is over its quota'],
    [{ soonest: null, likely: null, latest: null }, '1.8 TiB stored'],
    [{ soonest: 5, likely: 10, latest: null }, '1.8 TiB stored; full on 6 December or later'],
    [{ soonest: 9, likely: 10, latest: 11 }, '1.8 TiB stored; full on 6 December ± 1 day'],
  ])('of a quota that is passed in %o', (full, text) => {
    expect(told({ full })).toBe(text)
  })

  test.each([
    [{ bytes: -GiB, since: NOW - 3 * DAY }, '−1.0 GiB since Monday'],
    [{ bytes: 0, since: NOW - 3 * DAY }, 'unchanged since Monday'],
    [{ bytes: GiB, since: NOW - 7 * DAY }, '+1.0 GiB since 19 November'],
    [{ bytes: GiB, since: NOW - 3_600_000 }, '+1.0 GiB since 11:00'],
  ])('of growth %o', (growth, text) => {
    expect(told({ growth })).toBe(`1.8 TiB stored, ${text}`)
  })

  test('counts from the Monday that is at least a day ago', () => {
    for (let day = 0; day < 14; day++) {
      const now = NOW + day * DAY
      const monday = new Date(lastMonday(now))
      expect([monday.getDay(), monday.getHours()]).toEqual([1, 0])
      expect(now - monday.getTime()).toBeGreaterThanOrEqual(DAY / 2)
      expect(now - monday.getTime()).toBeLessThan(8.5 * DAY)
    }
  })
})

const overview = (more: Partial<Overview['registries'][number]> = {}): Overview => ({
  ...{ version: 'v-1', growthSince: NOW - 7 * DAY, rows: new Map(ROWS.map((one) => [one.id, one])) },
  registries: [
    {
      ...{ registry: 'ci', projects: 4, bytes: 80, growthBytes: 4, uniqueBytes: 100, exclusiveBytes: 50 },
      ...{ referencedBytes: 200, over: 1, warning: 1, planned: 1, planFreesBytes: 8, planFrom: 1, ...more },
    },
  ],
})

test('what is told of a registry is of the whole, or of the projects that are seen', () => {
  const samples = [{ at: new Date(lastMonday(NOW) + 3_600_000).toISOString(), uniqueBytes: 70 }]
  expect(toldOf(overview(), 'ci', { samples, storedBytes: 90 }, NOW)).toMatchObject({
    ...{ bytes: 90, counts: 'disk', sharedShare: 0.6, over: 1 },
    growth: { bytes: 10, since: lastMonday(NOW) + 3_600_000 },
  })
  expect(toldOf(overview(), 'ci', {}, NOW)).toMatchObject({ counts: 'registry', growth: { bytes: 4 } })
  expect(toldOf(overview({ bytes: null, growthBytes: null }), 'ci', {}, NOW)).toMatchObject({
    ...{ bytes: 100, counts: 'projects', growth: { bytes: 3 } },
  })
  expect(toldOf(overview(), 'none', {}, NOW)).toBeUndefined()
})

test('a change replaces rows, adds new ones and takes away what is gone', () => {
  const change = {
    ...{ version: 'v-2', growthSince: null, registries: [], gone: ['hub/x', 'ci/data'] },
    projects: {
      ...{
        id: ['ci/shop/web', 'ci/new'],
        uniqueBytes: [41, 1],
        exclusiveBytes: [0, 0],
        referencedBytes: [0, 0],
      },
      ...{ flag: ['ok' as const, 'ok' as const], flagSince: [null, null], growthBytes: [null, 1] },
      ...{ lastPushAt: [null, 5], lastPullAt: [null, null], planAt: [null, null] },
      ...{ planUniqueBytes: [null, null], planFreesBytes: [null, null] },
    },
  }
  const next = withChange(overview(), change)
  expect([...next.rows.keys()].sort()).toEqual(['ci/data/etl', 'ci/new', 'ci/shop/api', 'ci/shop/web'])
  expect(next.rows.get('ci/shop/web')).toMatchObject({ uniqueBytes: 41, flag: 'ok' })
  expect(next.version).toBe('v-2')
})

describe('colours', () => {
  const sums = treeOf([row('ci/a/b', 110, { growthBytes: 10, lastPullAt: NOW - 2 * DAY })])
  test('say the flag, the growth in shares, or how long nobody used it', () => {
    expect(stepOf(sums, 'flag', NOW).label).toBe('within its quota, or without one')
    expect(stepOf(sums, 'growth', NOW).label).toBe('by up to 25 %')
    expect(stepOf(sums, 'idle', NOW).label).toBe('this week')
    expect(stepOf(treeOf([row('ci/a', 1)]), 'growth', NOW).label).toBe('not known')
    expect(stepOf(treeOf([row('ci/a', 9, { growthBytes: 9 })]), 'growth', NOW).label).toBe(
      'by more than 25 %',
    )
  })

  test('have text on them that can be read, and differ in lightness from the steps beside them', () => {
    for (const scheme of ['light', 'dark'] as const)
      for (const colour of ['flag', 'growth', 'idle'] as const) {
        const steps = legendOf(colour)
        for (const { cell, text, label } of steps)
          expect([label, contrast(cell[scheme], text[scheme]) >= 4.5]).toEqual([label, true])
        for (const [n, one] of steps.slice(0, -1).entries()) {
          const next = steps[n + 1]
          if (next && next.label !== 'not known')
            expect([one.label, scheme, contrast(one.cell[scheme], next.cell[scheme]) > 1.15]).toEqual([
              one.label,
              scheme,
              true,
            ])
        }
      }
  })
})

/** The contrast of two colours (WCAG 2.2, 1.4.3). */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [a, b].map(luminance).sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

test('marks are what changed something, the five largest pushes among them, the oldest first', () => {
  const at = (day: number) => new Date(NOW - day * DAY).toISOString()
  const run = (id: string, more: object) => ({
    ...{ id, at: at(3), policy: 'old', dryRun: false, state: 'done', progress: { freedBytes: 2 * GiB } },
    ...{ outcomes: { deleted: 4, untagged: 0 }, ...more },
  })
  const marks = marksOf(
    {
      runs: [
        run('real', {}),
        run('dry', { dryRun: true }),
        run('nothing', { outcomes: { deleted: 0, untagged: 0 } }),
        run('ancient', { at: at(400) }),
      ],
      receipts: [{ id: 'p/1', at: at(5), image: 'ci/a:v1', to: 'production/a:v1' }],
      reconciles: [{ finishedAt: at(4), dryRun: false, text: 'A reconcile compared 3 repositories' }],
      pushes: [1, 2, 3, 4, 5, 6].map((n) => ({
        ...{
          project: 'ci/a',
          image: `a@sha256:${'ab'.repeat(32)}`,
          pushedAt: at(n / 10),
          pushedBy: null,
          addedBytes: n * GiB,
        },
      })),
    },
    NOW - 90 * DAY,
  )
  expect(marks.map(({ kind }) => kind)).toEqual([
    'promotion',
    'reconcile',
    'expiry',
    'push',
    'push',
    'push',
    'push',
    'push',
  ])
  expect(marks[0]?.href).toBe('/promotions/p%2F1')
  expect(marks[2]?.text).toBe('Expiry by old deleted 4 images: 2.0 GiB can come back')
  expect(marks.map(({ text }) => text)).not.toContain('A push of a@sha256:abababababab…: +1.0 GiB')
  expect(marks.at(-1)?.text).toBe('A push of a@sha256:abababababab…: +2.0 GiB')
})

test('the chart has the days, gaps where there is none, and the forecast from the last day on', () => {
  const day = (n: number) => new Date(Math.floor(NOW / DAY) * DAY - n * DAY).toISOString()
  const sample = (n: number, uniqueBytes: number) => ({
    ...{
      at: day(n),
      uniqueBytes,
      exclusiveBytes: 0,
      referencedBytes: 3 * uniqueBytes,
      tags: 0,
      manifests: 0,
    },
  })
  const data = chartData(
    { step: 'day', samples: [sample(9, 5), sample(4, 10), sample(3, 20), sample(0, 28)] },
    {
      // The sample of today is of the last full hour.
      ...{ limit: 100, from: NOW - 5 * DAY, now: NOW, bytesNow: 30 },
      forecast: {
        ...{ kind: 'growing', text: '', nowBytes: 30, bytesPerDay: null, since: null, thresholds: [] },
        ...{ until: new Date(NOW + 10 * DAY).toISOString(), bytesThen: { low: 35, middle: 40, high: 60 } },
      },
    },
  )
  expect(data.stored.slice(0, 4)).toEqual([10, 20, null, 30])
  expect(data.shared.slice(0, 2)).toEqual([20, 40])
  expect([data.low[3], data.middle[3], data.high[3]]).toEqual([30, 30, 30])
  expect([data.low.at(-1), data.middle.at(-1), data.high.at(-1)]).toEqual([35, 40, 60])
  expect(new Set(data.quota)).toEqual(new Set([100]))
  expect(data.times).toEqual(data.times.toSorted((a, b) => a - b))
})

test('each state of a registry has a word, and where a person can do something, advice', () => {
  const trust = {
    confidence: 'exact since x',
    state: 'read',
    gaps: [],
    reconciling: null,
    lastEventAt: 'x',
    refused: [],
  }
  const said = (more: Partial<Parameters<typeof adviceOn>[0]>) => {
    const { badge, advice } = adviceOn({ ...trust, ...more })
    return [badge.text, advice !== undefined]
  }
  expect(said({})).toEqual(['exact', false])
  expect(said({ confidence: 'target only: it sends no events' })).toEqual(['target only', false])
  expect(said({ gaps: [{}], confidence: 'events may be missing since x' })).toEqual(['gaps', true])
  expect(said({ confidence: 'the reconcile of x is held, and more' })).toEqual(['held', true])
  expect(said({ refused: [{}] })).toEqual(['deliveries refused', true])
  expect(said({ reconciling: { repositories: 1, of: 2 }, state: 'reading, 1 of 2 repositories' })).toEqual([
    'reading',
    true,
  ])
  expect(said({ confidence: 'events may be missing since the beginning', lastEventAt: null })).toEqual([
    'not exact',
    true,
  ])
  expect(withTimes('exact since 2026-11-20T10:00:00.000Z')).not.toContain('T10')
})
