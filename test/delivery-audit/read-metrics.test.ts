import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endsOnLongInput } from '../../lab/ends-on-long-input.ts'
import { chooseEndpoint } from '../../src/delivery-audit/choose-endpoint.ts'
import type { ProcessMetrics } from '../../src/delivery-audit/counts.ts'
import { readDebugVars } from '../../src/delivery-audit/read-debug-vars.ts'
import { readPrometheus } from '../../src/delivery-audit/read-prometheus.ts'
import { isSameProcess } from '../../src/delivery-audit/same-process.ts'
import {
  DEBUG_VARS,
  DISTRIBUTION_3,
  GITLAB_BETWEEN,
  GITLAB_NOW,
  GITLAB_OLD,
  NOTHING_YET,
} from './metrics-texts.ts'

const ANY = { onlyEndpoint: false }
const chosen = (metrics: ProcessMetrics | undefined, choice: object = {}) =>
  metrics && chooseEndpoint(metrics, { ...ANY, ...choice })

describe('what a process counted', () => {
  test.each([
    ['/debug/vars of 2.8', readDebugVars(DEBUG_VARS), { events: 12, successes: 10, givenUp: 0, pending: 2 }],
    ['distribution 3', readPrometheus(DISTRIBUTION_3), { events: 12, successes: 9, givenUp: 0, pending: 3 }],
    // Its gauge is not lowered for what is dropped.
    ["GitLab's registry", readPrometheus(GITLAB_NOW), { events: 26, successes: 20, givenUp: 5, pending: 1 }],
    ['one of before', readPrometheus(GITLAB_BETWEEN), { events: 8, successes: 5, givenUp: 1, pending: 2 }],
    ['nothing yet', readPrometheus(NOTHING_YET), { events: 0, successes: 0, givenUp: 0, pending: 0 }],
  ])('%s', (_, metrics, counts) => {
    expect(chosen(metrics)).toEqual(counts)
  })

  test("an old version of GitLab's does not tell endpoints apart, so it must have one only", () => {
    expect(chosen(readPrometheus(GITLAB_OLD))).toEqual({
      problem: expect.stringContaining('do not tell its endpoints apart: read its /debug/vars'),
    })
    expect(chosen(readPrometheus(GITLAB_OLD), { onlyEndpoint: true })).toEqual({
      ...{ events: 8, successes: 5, givenUp: 0, pending: 3 },
    })
  })

  test("GitLab's /debug/vars counts what it gave up; without such counts it is what is neither delivered nor waiting", () => {
    const of = (Metrics: object) =>
      chosen(
        readDebugVars({ registry: { notifications: { endpoints: [{ name: 'a', url: 'x', Metrics }] } } }),
      )
    const counted = { Pending: 1, Events: 9, Successes: 5 }
    expect(of({ ...counted, Dropped: 2, Lost: 1 })).toMatchObject({ givenUp: 3, pending: 1 })
    expect(of(counted)).toMatchObject({ givenUp: 3 })
    // Between two counts of the registry.
    expect(of({ Pending: 1, Events: 9, Successes: 9 })).toMatchObject({ givenUp: 0 })
  })

  test('which endpoint is ours: by name, by URL, by what the documentation calls it; else it is asked', () => {
    const [ours, other] = DEBUG_VARS.registry.notifications.endpoints
    const of = (endpoints: object[], choice?: object) =>
      chosen(readDebugVars({ registry: { notifications: { endpoints } } }), choice)
    expect(of([{ ...ours, name: 'a' }, other as object])).toMatchObject({ successes: 10 })
    expect(of([{ ...ours, url: 'http://x' }, other as object])).toMatchObject({ successes: 10 })
    expect(of([ours as object, other as object], { endpoint: 'other' })).toMatchObject({ pending: 12 })
    expect(of([{ ...ours, url: 'http://a:secret@b', name: 'a\n' }, other as object])).toEqual({
      problem: "which of its endpoints is Tallyman's: a\\u{a}, other? Name it in metrics.endpoint",
    })
    expect(of([ours as object], { endpoint: 'x' })).toEqual({
      problem: 'it has no endpoint "x"; it has: tallyman',
    })
    expect(of([])).toEqual({ problem: 'it has no endpoint of notifications' })
  })

  test('what is neither is said to be so, and nothing makes it throw', () => {
    for (const value of [
      null,
      [],
      {},
      { registry: 1 },
      'x',
      { registry: { notifications: { endpoints: 3 } } },
    ])
      expect(readDebugVars(value)).toBeUndefined()
    expect(readPrometheus('<html>')).toBeUndefined()
    fc.assert(fc.property(fc.anything(), (value) => void readDebugVars(value)))
    fc.assert(fc.property(fc.string(), (text) => void readPrometheus(text)))
    const broken = { name: 'a', Metrics: { Events: -1, Successes: Number.NaN, Pending: '3' } }
    expect(readDebugVars({ registry: { notifications: { endpoints: [broken, null] } } })?.endpoints).toEqual(
      [],
    )
  })

  test('only numbers, names and URLs are taken: no header', () => {
    expect(JSON.stringify(readDebugVars(DEBUG_VARS))).not.toContain('secretsecret')
  })

  test('a line that is long costs as much as it is long, and what can be no count is none', () => {
    const name = 'registry_notifications_events_total'
    const lines = [
      `${name}{${'a="b",'.repeat(300_000)}`,
      `${name}{${'} '.repeat(500_000)}`,
      `${name}${' '.repeat(1_000_000)}`,
    ]
    expect(endsOnLongInput(() => readPrometheus(lines.join('\n')))).toBeUndefined()
    const odd = ['-1', '1e300', 'NaN', '+Inf'].map((value) => `${name}{endpoint="a",type="Events"} ${value}`)
    expect(readPrometheus(odd.join('\n'))).toBeUndefined()
    const huge = { name: 'a', Metrics: { Events: 1e300, Successes: 1, Pending: 0 } }
    expect(readDebugVars({ registry: { notifications: { endpoints: [huge] } } })?.endpoints).toEqual([])
  })

  test('labels are unescaped', () => {
    const line = 'registry_notifications_events_total{endpoint="a\\"b\\\\,c",type="Events"} 3 1795803729\n'
    expect(readPrometheus(line)?.endpoints).toMatchObject([{ name: 'a"b\\,c', counts: { events: 3 } }])
  })
})

describe('the same process', () => {
  const counts = { events: 5, successes: 5, givenUp: 0, pending: 0 }
  const birth = { allocated: 1_000, collections: 3, lastCollection: 30 }
  const before = { counts, birth }
  const now = { counts, birth, recentCollections: [10, 20, 30] }
  test.each([
    ['nothing changed', before, now, true],
    ['it counted on', before, { ...now, counts: { ...counts, events: 6 } }, true],
    ['a count fell', before, { ...now, counts: { ...counts, successes: 4 } }, false],
    ['it allocated less', before, { ...now, birth: { ...birth, allocated: 999 } }, false],
    [
      'another process that is as busy has other collections',
      before,
      { ...now, recentCollections: [41, 42, 43, 44] },
      false,
    ],
    [
      'hundreds of collections later',
      before,
      { ...now, birth: { ...birth, collections: 300 }, recentCollections: [9] },
      true,
    ],
    ['no start is known', { counts, birth: {} }, { ...now, birth: {}, recentCollections: [] }, true],
    [
      'its start was rounded',
      { counts, birth: { startedAt: 100 } },
      { ...now, birth: { startedAt: 101 } },
      true,
    ],
    ['it started later', { counts, birth: { startedAt: 100 } }, { ...now, birth: { startedAt: 105 } }, false],
  ])('%s', (_, one, other, isSame) => {
    expect(isSameProcess(one, other)).toBe(isSame)
  })
})
