import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeMetrics } from '../../src/platform/metrics.ts'

test('docs/operations.md names every metric, and no other', () => {
  const docs = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const metrics = makeMetrics().registry.getMetricsAsArray()
  const names = metrics.map(({ name }) => name).filter((name) => name.startsWith('tallyman_'))
  expect([...new Set(docs.match(/\btallyman_\w+/g))].sort()).toEqual(names.sort())
})
