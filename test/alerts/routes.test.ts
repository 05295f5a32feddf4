import { expect, test } from 'vitest'
import { makeRoutes } from '../../src/alerts/routes.ts'
import { makeWants, warningsAboutChannels } from '../../src/alerts/wants.ts'
import type { Flag } from '../../src/queue/alert.ts'
import { ALERT_KINDS } from '../../src/queue/alert-kinds.ts'
import { expiryAlert, registryAlert, sampleAlert } from './sample-alert.ts'

const routes = makeRoutes(
  [
    { name: 'all', projects: ['**'], kinds: ['*'], severity: 'info' as const },
    { name: 'pager', projects: ['**'], kinds: ['*'], severity: 'critical' as const },
    { name: 'expiry', projects: ['ci/**'], kinds: ['expiry.*'], severity: 'info' as const },
    { name: 'dev', projects: ['dev/**'], kinds: ['*'], severity: 'info' as const },
  ].map(({ name, ...rest }) => ({ channel: { name, send: async () => {} }, ...rest })),
)
const namesFor = (alert: Parameters<typeof routes.channelsFor>[0]) =>
  routes.channelsFor(alert).map(({ name }) => name)
const change = (from: Flag, to: Flag) => ({ ...sampleAlert, from, to })

test('channels are chosen by project, registry, kind and severity', () => {
  expect(namesFor(change('ok', 'warning'))).toEqual(['all'])
  expect(namesFor(change('warning', 'over'))).toEqual(['all', 'pager'])
  expect(namesFor({ ...change('ok', 'over'), registry: 'dev' })).toEqual(['all', 'pager', 'dev'])
  expect(namesFor(expiryAlert)).toEqual(['all', 'expiry'])
  expect(namesFor(registryAlert)).toEqual(['all', 'pager'])
})

test('who was told of a state hears of its end, as resolved', () => {
  expect(namesFor(change('over', 'warning'))).toEqual(['all', 'pager'])
  expect(namesFor(change('over', 'ok'))).toEqual(['all', 'pager'])
  expect(namesFor(change('warning', 'ok'))).toEqual(['all'])
  const severityFor = (name: string, from: Flag, to: Flag) =>
    routes.route(name)?.messageOf(change(from, to)).severity
  expect(severityFor('pager', 'over', 'warning')).toBe('resolved')
  expect(severityFor('pager', 'warning', 'over')).toBe('critical')
  expect(severityFor('all', 'over', 'warning')).toBe('warning')
})

test('a channel that can get nothing is warned of', () => {
  const channel = (kinds: string[], severity: 'info' | 'warning' | 'critical') => ({
    name: 'ops',
    kinds,
    severity,
  })
  expect(
    warningsAboutChannels([
      channel(['*'], 'critical'),
      channel(['expiry.done'], 'info'),
      channel([], 'info'),
    ]),
  ).toEqual([])
  expect(warningsAboutChannels([channel(['expiry.done', 'quota.ok'], 'warning')])).toEqual([
    'alerts: the channel ops can get nothing: no alert of the kinds expiry.done, quota.ok is as urgent as warning',
  ])
  expect(ALERT_KINDS.filter(makeWants(channel(['quota.*'], 'warning')))).toEqual([
    'quota.warning',
    'quota.over',
    'quota.forecast',
  ])
})
