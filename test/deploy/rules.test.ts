import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { hasPrometheus, promtool, withPrometheus } from '../../lab/prometheus.ts'
import { unknownMetrics } from './known-metrics.ts'

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook: string }
}
interface RuleTest {
  name: string
  input_series: object[]
  alert_rule_test: { alertname: string; exp_alerts: object[] }[]
}

const root = new URL('../../', import.meta.url)
const pathOf = (file: string) => fileURLToPath(new URL(file, root))
const read = (file: string) => readFileSync(pathOf(file), 'utf8')
const RULES = 'deploy/prometheus/rules.yml'
const TESTS = readdirSync(pathOf('deploy/prometheus/tests')).map((name) => `deploy/prometheus/tests/${name}`)

const groups: { name: string; rules: Rule[] }[] = parse(read(RULES)).groups
const rules = groups.flatMap((group) => group.rules)

test('every rule says how urgent it is, what is wrong, and where the way out is', () => {
  for (const { alert, labels, annotations } of rules) {
    expect(alert).toMatch(/^Tallyman[A-Z]/)
    expect(['critical', 'warning', 'info'], alert).toContain(labels.severity)
    expect(annotations.summary, alert).toMatch(/^\S.*[^.]$/)
    expect(annotations.description, alert).toMatch(/[.?]$/)
  }
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
})

test('every runbook is a section of docs/operations.md', () => {
  const anchors = [...read('docs/operations.md').matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  const wrong = rules
    .map(({ annotations }) => annotations.runbook)
    .filter((runbook) => !anchors.some((anchor) => runbook === `docs/operations.md#${anchor}`))
  expect(wrong).toEqual([])
})

test('rules ask for metrics that there are', () => {
  for (const { alert, expr } of rules) expect(unknownMetrics(expr), alert).toEqual([])
})

test('of every rule a test shows that it fires, and one that it stays quiet', () => {
  const tests = TESTS.flatMap((file): RuleTest[] => parse(read(file)).tests)
  const shown = tests.flatMap(({ alert_rule_test, input_series }) => {
    expect(input_series.length).toBeGreaterThan(0)
    return alert_rule_test.map(({ alertname, exp_alerts }) => `${alertname} ${exp_alerts.length > 0}`)
  })
  const wanted = rules.flatMap(({ alert }) => [`${alert} false`, `${alert} true`])
  expect([...new Set(shown)].sort()).toEqual(wanted.sort())
})

describe.skipIf(!hasPrometheus)(withPrometheus('promtool'), () => {
  test('accepts the rules and the sample of the configuration', () => {
    expect(promtool(['check', 'rules', pathOf(RULES)])).toMatchObject({ status: 0 })
    expect(promtool(['check', 'config', pathOf('deploy/prometheus/prometheus.yml')])).toMatchObject({
      status: 0,
    })
  })

  test.each(TESTS)('%s passes', (file) => {
    expect(promtool(['test', 'rules', pathOf(file)])).toEqual({
      status: 0,
      output: expect.stringContaining('SUCCESS'),
    })
  })
})
