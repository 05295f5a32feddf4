import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NewestBySubject } from '../../src/alerts/newest-alerts.ts'
import { settle } from '../../src/alerts/settle.ts'
import type { Alert, Flag, ForecastAlert, QuotaAlert } from '../../src/queue/alert.ts'
import { expiryAlert, registryAlert, sampleAlert } from './sample-alert.ts'

const FLAGS: Flag[] = ['ok', 'warning', 'over']

/** The alerts about a project whose flag takes these states one after the other, beginning with the first. */
const changesOf = (project: string, flags: readonly Flag[]): QuotaAlert[] =>
  flags.slice(1).map((to, n) => ({
    ...{ ...sampleAlert, id: `${project}_${n}`, project, from: flags[n] as Flag, to },
    at: new Date(n * 1000).toISOString(),
  }))

/** The flags of projects that were settled before. */
const before = (flags: Record<string, Flag | undefined>): NewestBySubject =>
  new Map(Object.entries(flags).map(([project, state = 'ok']) => [`ci/${project}`, { ms: 0, state }]))

/** States of a flag, each another one than the state before. */
const states = fc
  .array(fc.constantFrom(...FLAGS), { minLength: 2, maxLength: 8 })
  .map((all) => all.filter((flag, n) => flag !== all[n - 1]))

test('of each project the newest state is told, unless it is that of before, in whatever order the alerts came', () => {
  fc.assert(
    fc.property(states, states, fc.infiniteStream(fc.double({ noNaN: true })), (a, b, random) => {
      const alerts = [...changesOf('a', a), ...changesOf('b', b)]
      const mixed = alerts
        .map((alert) => ({ alert, key: random.next().value as number }))
        .sort((x, y) => x.key - y.key)
        .map(({ alert }) => alert)
      const told = settle(mixed, () => true, before({ a: a[0], b: b[0] }))
      const expected = Object.entries({ a, b }).filter(([, flags]) => flags[0] !== flags.at(-1))
      expect(
        told.map((alert) => 'to' in alert && 'project' in alert && [alert.project, alert.to]).toSorted(),
      ).toEqual(expected.map(([project, flags]) => [project, flags.at(-1)]))
    }),
  )
})

test('alerts about other things are told each, the oldest first', () => {
  const done = { ...expiryAlert, id: 'done', event: 'expiry.done' as const, at: '2026-05-01T09:00:00.000Z' }
  expect(
    settle([registryAlert, expiryAlert, done, sampleAlert], () => true, new Map()).map(({ id }) => id),
  ).toEqual([...['done', 'alert_01', 'alert_02', 'alert_03']])
})

test('a channel that wants what is over alone is told that it is over, and that it is so no more', () => {
  const toldOf = (...flags: Flag[]) =>
    settle(changesOf('a', flags), (kind) => kind === 'quota.over', new Map()).map(
      (one) => 'to' in one && one.to,
    )
  expect(toldOf('ok', 'warning', 'over')).toEqual(['over'])
  expect(toldOf('over', 'warning')).toEqual(['warning'])
  expect(toldOf('ok', 'over', 'warning')).toEqual([])
})

test('a forecast is not told beside an alert that the mark is passed, and not if it came and went', () => {
  const soon: ForecastAlert = {
    ...{ id: 'soon', at: '2026-05-01T10:00:00.000Z', registry: 'ci', project: 'team-a/app' },
    ...{ event: 'quota.forecast', state: 'soon', days: 3, text: 'ci/team-a/app will be over' },
    ...{ usedBytes: 1, limitBytes: 2, bytesPerDay: 1 },
  }
  const notSoon: ForecastAlert = { ...soon, id: 'not', at: '2026-05-01T10:00:01.000Z', state: 'notSoon' }
  const idsOf = (...alerts: Alert[]) => settle(alerts, () => true, new Map()).map(({ id }) => id)
  expect(idsOf(soon, sampleAlert)).toEqual(['alert_01'])
  expect(idsOf(soon, { ...sampleAlert, project: 'other' })).toEqual(['alert_01', 'soon'])
  expect(idsOf(soon, notSoon)).toEqual([])
  expect(idsOf(notSoon)).toEqual(['not'])
})

test('if a change is missing among others, the newest is told, and the missing one is not told later', () => {
  const [a, b, c] = changesOf('a', ['ok', 'warning', 'over', 'ok'])
  const [first, middle, last] = [a, b, c] as [QuotaAlert, QuotaAlert, QuotaAlert]
  const toldOf = (alerts: Alert[], settled: NewestBySubject) =>
    settle(alerts, () => true, settled).map(({ id }) => id)
  expect(toldOf([first, last], before({ a: 'ok' }))).toEqual([last.id])
  expect(toldOf([middle], new Map([['ci/a', { ms: Date.parse(last.at), state: 'ok' }]]))).toEqual([])
  expect(toldOf([middle, last], before({ a: 'ok' }))).toEqual([last.id])
  expect(toldOf([first, middle, last], before({ a: 'ok' }))).toEqual([])
  expect(toldOf([first, middle, last], before({ a: 'over' }))).toEqual([last.id])
  // Nobody is told when a quota is removed. Once there is one again, the flag rises from ok.
  expect(toldOf(changesOf('a', ['ok', 'over']), before({ a: 'over' }))).toEqual(['a_0'])
})

describe('a higher mark or an escalation', () => {
  const toldOf = (flags: readonly Flag[], settled?: Flag) =>
    settle(changesOf('a', flags), () => true, before(settled ? { a: settled } : {})).map(({ id }) => id)

  test('is no news once its state has ended', () => {
    expect(toldOf(['ok', 'warning', 'warning', 'ok'])).toEqual([])
    expect(toldOf(['ok', 'over', 'over', 'ok'])).toEqual([])
    expect(toldOf(['ok', 'warning', 'warning', 'over', 'over', 'ok'], 'ok')).toEqual([])
    expect(toldOf(['warning', 'over', 'over', 'warning'], 'warning')).toEqual([])
    expect(toldOf(['warning', 'warning', 'ok'], 'warning')).toEqual(['a_1'])
  })

  test('is told while its state holds, also if the flag was worse meanwhile', () => {
    expect(toldOf(['warning', 'warning'], 'warning')).toEqual(['a_0'])
    expect(toldOf(['over', 'over'], 'over')).toEqual(['a_0'])
    expect(toldOf(['over', 'over'])).toEqual(['a_0'])
    expect(toldOf(['warning', 'warning', 'over', 'warning'], 'warning')).toEqual(['a_2'])
    expect(toldOf(['warning', 'ok', 'warning', 'warning'], 'warning')).toEqual(['a_2'])
  })

  test('if its change is missing, the newest is told', () => {
    expect(toldOf(['warning', 'warning', 'ok'], 'ok')).toEqual(['a_1'])
  })
})
