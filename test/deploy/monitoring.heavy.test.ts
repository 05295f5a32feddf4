import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { hasPrometheus, promtool, startPrometheus, withPrometheus } from '../../lab/prometheus.ts'
import { ADMIN_TOKEN, eventually } from '../../lab/tallyman.ts'
import { dashboard, expressionsOf } from './dashboard.ts'
import { type Monitored, startMonitored } from './monitored.ts'

/**
 * A real Prometheus reads the real service, with something of everything in it, and evaluates what the dashboard and the rules
 * ask.
 */

/** No collection and no scrub runs here. */
const NOT_HERE = /tallyman_(registry_(last_collection|held_since|max_pause)_\w+|scrubbed_bytes_total)/

describe.skipIf(!hasPrometheus)(withPrometheus('a real Prometheus that reads the service'), () => {
  let service: Monitored
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>

  const untilThere = (expression: string) =>
    eventually(
      () => prometheus.query(expression),
      (series) => series.length > 0,
    )

  beforeAll(async () => {
    service = await startMonitored()
    prometheus = await startPrometheus({
      tallyman: [`127.0.0.1:${service.port}`],
      'tallyman-workers': [`127.0.0.1:${service.workersPort}`],
    })
    const { until, port, workersPort } = service
    await fetch(`http://127.0.0.1:${port}/v1/registries/ci/storage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    await until(
      workersPort,
      'tallyman_expiry_images_total{policy="pull-requests",outcome="deleted"}',
      (n) => n === 1,
    )
    await until(port, 'tallyman_promotions_waiting', (n) => n === 1)
    await until(port, 'tallyman_alert_messages_waiting{channel="down"}', (n) => n > 0)
    await until(workersPort, 'tallyman_promotions_total{rule="releases",outcome="promoted"}', (n) => n === 1)
    await until(port, 'tallyman_registry_notifications_pending{registry="ci"}', (n) => n >= 0)
    // What a survey found is read once a minute.
    await until(port, 'tallyman_registry_collectable_bytes{registry="ci"}', (n) => n >= 0)
    await untilThere('tallyman_registry_collectable_bytes')
    // Rates need two readings between which something changed.
    const promoted = 'tallyman_promotions_total{rule="releases",outcome="promoted"}'
    const refused = 'tallyman_deliveries_refused_total{registry="",reason="token"}'
    await untilThere(`${promoted} == 1`)
    await untilThere(`${refused} == 0`)
    await service.push('app', 'v2', 20_000)
    await service.refuse()
    await untilThere(`increase(${promoted}[1m]) > 0`)
    await untilThere(`increase(${refused}[1m]) > 0`)
  })
  afterAll(async () => {
    await prometheus?.close()
    await service?.close()
  })

  test('promtool finds nothing wrong with the metrics of an API and of a worker process', async () => {
    for (const port of [service.port, service.workersPort]) {
      const text = await service.metrics(port)
      expect(text).toContain('tallyman_')
      expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' })
    }
  })

  test('every panel of the dashboard has data', async () => {
    const empty: string[] = []
    for (const { title, expression } of expressionsOf(dashboard)) {
      if (NOT_HERE.test(expression)) continue
      const found = await prometheus.query(expression)
      if (found.length === 0) empty.push(`${title}: ${expression}`)
    }
    expect(empty).toEqual([])
  })

  test('the variables of the dashboard have values', async () => {
    expect(await prometheus.labelValues('registry', 'tallyman_registry_unique_bytes')).toEqual(['ci'])
    expect(await prometheus.labelValues('project', 'tallyman_project_unique_bytes')).toEqual([
      ...['team/app', 'team/large'],
    ])
  })

  test('every rule can be evaluated, and those fire that should', async () => {
    const { groups } = parse(
      readFileSync(new URL('../../deploy/prometheus/rules.yml', import.meta.url), 'utf8'),
    )
    const firing: string[] = []
    for (const { alert, expr } of groups.flatMap(({ rules }: { rules: object[] }) => rules))
      if ((await prometheus.query(expr)).length > 0) firing.push(alert)
    expect(firing).toEqual(
      expect.arrayContaining([
        ...['TallymanRefusesStrangers', 'TallymanQuarantine', 'TallymanProjectOverQuota'],
      ]),
    )
    expect(firing).not.toContain('TallymanDown')
    expect(firing).not.toContain('TallymanAbsent')
  })
})
