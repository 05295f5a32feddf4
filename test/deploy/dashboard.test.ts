import { expect, test } from 'vitest'
import { dashboard, expressionsOf, type Panel } from './dashboard.ts'
import { unknownMetrics } from './known-metrics.ts'

/** What Grafana needs of a dashboard. `monitoring.heavy.test.ts` asks a real Prometheus each expression. */

const COLUMNS = 24
const { panels } = dashboard

const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

test('the dashboard has an id of its own, a version of the schema, and its variables', () => {
  expect(dashboard).toMatchObject({ uid: 'tallyman', id: null })
  // The last version before Grafana 12 changed the schema: newer ones move an older dashboard up by themselves.
  expect(dashboard.schemaVersion).toBe(39)
  expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
    ['datasource', 'datasource'],
    ['registry', 'query'],
    ['project', 'query'],
  ])
})

test('panels have ids of their own, and none lies over another one or beside the grid', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  for (const { title, gridPos } of panels) {
    expect(gridPos.w, title).toBeGreaterThan(0)
    expect(gridPos.h, title).toBeGreaterThan(0)
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(COLUMNS)
  }
  const pairs = panels.flatMap((a, n) => panels.slice(n + 1).map((b) => [a, b] as const))
  expect(pairs.filter(([a, b]) => overlap(a, b)).map(([a, b]) => `${a.title}, ${b.title}`)).toEqual([])
})

test('the rows are what is to be watched', () => {
  const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  expect(rows).toEqual([
    ...['Usage', 'Quotas', 'Intake and queues', 'Expiry', 'Promotion', 'Alerts and events'],
    ...['Registries', 'Process'],
  ])
})

test('every panel asks the data source that was chosen, for metrics that there are', () => {
  for (const { type, title, datasource, targets = [] } of panels) {
    if (type === 'row') continue
    expect(targets.length, title).toBeGreaterThan(0)
    expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length)
    for (const asked of [datasource, ...targets.map((target) => target.datasource)])
      expect(asked, title).toEqual({ type: 'prometheus', uid: expect.stringMatching(/^\$\{datasource\}$/) })
  }
  for (const { title, expression } of expressionsOf(dashboard))
    expect(unknownMetrics(expression), title).toEqual([])
})
