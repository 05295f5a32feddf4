import fc from 'fast-check'
import { Value } from 'typebox/value'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { messageOf } from '../../src/alerts/message-of.ts'
import { makeRoutes } from '../../src/alerts/routes.ts'
import { settle } from '../../src/alerts/settle.ts'
import { type Forecast, forecastOf } from '../../src/history/forecast.ts'
import { forecastAlert, NEVER_SOON } from '../../src/history/forecast-alert.ts'
import { makeForecastAlerts } from '../../src/history/forecast-alerts.ts'
import { EMPTY, withSample } from '../../src/history/history.ts'
import type { ForecastQuota } from '../../src/history/outlook.ts'
import { DAY_MS, NOTHING } from '../../src/history/sample.ts'
import { changeOfAlert } from '../../src/outgoing/changes.ts'
import { type Alert, AlertRecord } from '../../src/queue/alert.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'

const TOLD_AT = '2020-01-01T00:00:00.000Z'
const DAY = 20_000
const NOW = DAY * DAY_MS + 1
const quota: ForecastQuota = {
  measure: 'uniqueBytes',
  ...{ limitBytes: 1000, warnAt: [0.8], willExceedWithinMs: 7 * DAY_MS },
}
/** A forecast on DAY that passes 1000 in so many days; `undefined` for never. */
const passingIn = (days: number | undefined): Forecast =>
  forecastOf(
    Array.from({ length: 28 }, (_, n) => ({
      day: DAY - 27 + n,
      value: days === undefined ? 500 : 1000 - 10 * days - 10 * (27 - n),
    })),
  )
const decide = (
  isSoon: boolean,
  days: number | undefined,
  more: { bytes?: number; quota?: ForecastQuota } = {},
) =>
  forecastAlert(
    { isSoon, change: 4, toldAt: TOLD_AT },
    { forecast: passingIn(days), bytes: 900, quota, ...more },
    NOW,
  )

describe('a forecast alert', () => {
  test.each([
    ['nothing is told while the limit is far away', false, 8, undefined],
    ['that it is soon is told', false, 6, true],
    ['and not again', true, 6, undefined],
    ['nor taken back while it is only a bit further', true, 10, undefined],
    ['it is taken back when the limit is half as far away again', true, 11, false],
    ['and when it does not grow any more', true, undefined, false],
  ])('%s', (_, isSoon, days, told) => {
    const { state, tell } = decide(isSoon, days)
    expect(tell?.isSoon).toBe(told)
    const toldAt = told === undefined ? TOLD_AT : new Date(NOW).toISOString()
    expect(state).toEqual({ isSoon: told ?? isSoon, change: told === undefined ? 4 : 5, toldAt })
  })

  test('leaves it to the quota once the limit is passed, and without willExceedWithin', () => {
    expect(decide(false, 1, { bytes: 1001 })).toEqual({
      state: { isSoon: false, change: 4, toldAt: TOLD_AT },
    })
    const { willExceedWithinMs: _, ...other } = quota
    expect(decide(false, 1, { quota: other })).toEqual({
      state: { isSoon: false, change: 4, toldAt: TOLD_AT },
    })
  })

  test('is resolved after the limit was passed, too: else the incident of a pager stays open', () => {
    const passed = decide(true, 1, { bytes: 1001 })
    expect(passed).toEqual({ state: { isSoon: true, change: 4, toldAt: TOLD_AT } })
    const about = { forecast: passingIn(undefined), bytes: 100, quota }
    expect(forecastAlert(passed.state, about, NOW)).toMatchObject({
      ...{ state: { isSoon: false, change: 5 }, tell: { isSoon: false } },
    })
  })

  test('keeps its state with too little data, but not after a clean-up', () => {
    const about = { bytes: 10, quota }
    const state = { isSoon: true, change: 1, toldAt: TOLD_AT }
    expect(forecastAlert(state, { ...about, forecast: { kind: 'tooLittle', days: 3 } }, NOW)).toEqual({
      state,
    })
    const cleaned: Forecast = { kind: 'tooLittle', days: 3, cleanedUpOn: DAY - 2 }
    expect(forecastAlert(state, { ...about, forecast: cleaned }, NOW).tell).toMatchObject({ isSoon: false })
  })

  test('is never told twice in a row, whatever the forecasts', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined })), (all) => {
        let state = NEVER_SOON
        const told: boolean[] = []
        for (const days of all) {
          const change = forecastAlert(state, { forecast: passingIn(days), bytes: 900, quota }, NOW)
          state = change.state
          if (change.tell) told.push(change.tell.isSoon)
        }
        expect(told).toEqual(told.map((_, i) => i % 2 === 0))
      }),
    )
  })
})

describe('the alerts of samples', () => {
  const bed = useRedis()
  let queues: Queues
  beforeEach(() => {
    queues = makeQueues(bed.redis, 't')
  })
  afterEach(() => closeQueues(queues))
  const GIB = 2 ** 30
  const history = Array.from({ length: 20 }, (_, n) => n).reduce(
    (before, n) => withSample(before, (DAY - 19 + n) * 24, { ...NOTHING, uniqueBytes: (76 + n) * GIB }),
    EMPTY,
  )
  const setUp = (now = () => NOW) =>
    makeForecastAlerts({
      ...{ redis: bed.redis, prefix: 't', queues, now },
      quotaOf: async ({ id }) => (id === 'ci/team/app' ? { ...quota, limitBytes: 100 * GIB } : undefined),
      actionFacts: async () => ({
        growth: { bytes: 7 * GIB, since: '2024-09-26T23:00:00.000Z' },
        pushes: [{ image: 'team/app:v1', at: '2024-10-01T10:00:00.000Z', by: 'bob', bytes: GIB }],
        history: [1, 2, null, 4, 5, 6, 7, 8],
      }),
    })

  test('are queued once, also if a run is repeated after it was killed before it noted that', async () => {
    const onSample = setUp()
    await onSample(projectSubject('ci/team/app'), history)
    await bed.redis.del('t:{ci/team/app}:forecast')
    await onSample(projectSubject('ci/team/app'), history)
    await onSample(projectSubject('ci/team/app'), history)
    await onSample(projectSubject('ci/team/other'), history)
    const jobs = await queues.alerts.getJobs(['waiting'])
    expect(jobs).toHaveLength(1)
    const alert = jobs[0]?.data.kind === 'announce' ? jobs[0].data.alert : undefined
    expect(alert).toMatchObject({
      ...{ event: 'quota.forecast', state: 'soon', days: 5, project: 'team/app', registry: 'ci' },
      text: 'ci/team/app will likely pass its quota in about 5 days (5 to 5): 95.0 GiB of 100.0 GiB, grows by 1.0 GiB a day (+1.0 GiB to +1.0 GiB a day).',
    })
    if (alert === undefined) throw new Error('no alert')
    expect(messageOf(alert)).toMatchObject({
      ...{ type: 'quota.forecast', subject: 'ci/team/app quota.forecast', severity: 'warning' },
      title: 'ci/team/app will soon pass its quota',
      facts: [
        { label: 'Usage', value: '95.0 GiB' },
        { label: 'Quota', value: '100.0 GiB' },
        { label: 'Passes it in', value: 'about 5 days' },
        { label: 'Growth', value: '+7.0 GiB since 2024-09-26' },
      ],
      lists: [
        { title: 'What added most in seven days', items: ['+1.0 GiB: team/app:v1, 2024-10-01 10:00 by bob'] },
      ],
      sparkline: { title: 'The last eight days', text: '▁▂ ▄▅▆▇█' },
    })
  })

  test('have the later time if the clock was set back meanwhile, so that the end is told', async () => {
    let now = NOW
    const onSample = setUp(() => now)
    const project = projectSubject('ci/team/app')
    await onSample(project, history)
    now = NOW - 2 * DAY_MS
    const cleaned = Array.from({ length: 10 }, (_, n) => (DAY - 11 + n) * 24).reduce(
      (before, hour) => withSample(before, hour, { ...NOTHING, uniqueBytes: GIB }),
      EMPTY,
    )
    await onSample(project, cleaned)
    const jobs = await queues.alerts.getJobs(['waiting'], 0, -1, true)
    const alerts = jobs.flatMap(({ data }) => (data.kind === 'announce' ? [data.alert] : []))
    expect(alerts.map((alert) => 'state' in alert && [alert.state, alert.at])).toEqual([
      ['soon', new Date(NOW).toISOString()],
      ['notSoon', new Date(NOW + 1).toISOString()],
    ])
    const [soon, notSoon] = alerts as [Alert, Alert]
    const settled = new Map([[messageOf(soon).subject, { ms: Date.parse(soon.at), state: 'soon' }]])
    expect(settle([notSoon], () => true, settled)).toEqual([notSoon])
  })

  test('of groups and registries are told, too, each once', async () => {
    const onSample = makeForecastAlerts({
      ...{ redis: bed.redis, prefix: 't', queues, now: () => NOW },
      quotaOf: async ({ kind }) => (kind === 'project' ? undefined : { ...quota, limitBytes: 100 * GIB }),
      actionFacts: () => Promise.reject(new Error('only projects have pushes')),
    })
    // A group may have the name of a registry.
    const subjects = [{ kind: 'group', id: 'ci' } as const, { kind: 'registry', id: 'ci' } as const]
    for (const subject of [...subjects, ...subjects]) await onSample(subject, history, ['ci/team/app'])
    const jobs = await queues.alerts.getJobs(['waiting'], 0, -1, true)
    const alerts = jobs.flatMap(({ data }) => (data.kind === 'announce' ? [data.alert] : []))
    for (const alert of alerts) expect(Value.Check(AlertRecord, alert)).toBe(true)
    expect(alerts).toMatchObject([
      {
        ...{ group: 'ci', projects: ['ci/team/app'], state: 'soon', days: 5, limitBytes: 100 * GIB },
        text: expect.stringMatching(/^group ci will likely pass its quota in about 5 days/),
      },
      { registry: 'ci', state: 'soon', text: expect.stringMatching(/^registry ci will likely/) },
    ])
    expect(alerts.map((alert) => [messageOf(alert).subject, messageOf(alert).title])).toEqual([
      ['group ci quota.forecast', 'group ci will soon pass its quota'],
      ['registry ci quota.forecast', 'registry ci will soon pass its quota'],
    ])
    expect(alerts.map(changeOfAlert)).toMatchObject([
      { type: 'quota.forecast', subject: 'ci', scope: 'ci/team/app' },
      { type: 'quota.forecast', subject: 'ci', scope: 'ci' },
    ])
  })

  test('of a group go to the channels of its projects, and say less than that it is near its limit', async () => {
    const [id, at] = ['f', '2026-10-01T00:00:00Z']
    const group = { id, at, group: 'platform', projects: ['ci/team/app'], text: '' }
    const soon: Alert = {
      ...{ ...group, event: 'quota.forecast', state: 'soon', days: 5 },
      ...{ usedBytes: 1, limitBytes: 2, bytesPerDay: 1 },
    }
    const near: Alert = {
      ...{ ...group, id: 'n', from: 'ok', to: 'warning', measure: 'unique', used: 1, limit: 2, mark: 0.8 },
    }
    const all = () => true
    expect(settle([soon, near], all, new Map())).toEqual([near])
    expect(settle([soon, { ...near, group: 'other' }], all, new Map())).toHaveLength(2)
    const channel = (name: string) => ({ name, send: async () => {} })
    const routeOf = (name: string, glob: string) => ({
      ...{ channel: channel(name), projects: [glob], kinds: ['**'], severity: 'info' as const },
    })
    const routes = makeRoutes([routeOf('team', 'ci/team/*'), routeOf('others', 'ci/other/*')])
    expect(routes.channelsFor(soon).map(({ name }) => name)).toEqual(['team'])
  })
})
