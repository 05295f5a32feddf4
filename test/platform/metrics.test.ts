import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hasPrometheus, promtool, withPrometheus } from '../../lab/prometheus.ts'
import { metricsTable, withMetrics } from '../../scripts/documents/metrics.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const namesIn = (text: string) => [...new Set(text.match(/\btallyman_[a-z0-9_]+/g))]

/** Labels whose values the configuration bounds, or the code. `project` is bounded by `metrics.projects`. */
const BOUNDED = [
  ...['channel', 'flag', 'group', 'kind', 'node', 'outcome', 'policy', 'project', 'queue', 'reason'],
  ...['receiver', 'registry', 'result', 'rule', 'state', 'version'],
]

test('docs/metrics.md has the table of all metrics: if this fails, npm run docs', async () => {
  const docs = read('docs/metrics.md')
  expect(docs).toBe(await withMetrics(docs))
  await expect(withMetrics('# No marks')).rejects.toThrow('expected the marks')
})

test('documents name metrics that there are', () => {
  const known = makeMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name)
  for (const file of ['docs/operations.md', 'docs/scaling.md', 'docs/usage.md'])
    expect(namesIn(read(file)).filter((name) => !known.includes(name))).toEqual([])
})

test('every label has few values', async () => {
  const table = await metricsTable()
  const labels = [...table.matchAll(/\| (?:counter|gauge|histogram) \| ([^|]*) \|/g)].flatMap(
    ([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
  )
  expect([...new Set(labels)].sort()).toEqual(BOUNDED)
})

test('a state that was not read yet is absent, and not 0', async () => {
  const text = await makeMetrics().registry.metrics()
  const shown = text
    .split('\n')
    .filter((line) => /^tallyman_.*(timestamp|lag|backlog|redis|waiting)/.test(line))
  expect(shown).toEqual([])
})

test.skipIf(!hasPrometheus)(
  withPrometheus('promtool finds nothing wrong with names and help texts'),
  async () => {
    const text = await makeMetrics().registry.metrics()
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' })
  },
)
