import { expect, test } from 'vitest'
import { messageOf } from '../../src/alerts/message-of.ts'
import { makeRoutes } from '../../src/alerts/routes.ts'
import { settle } from '../../src/alerts/settle.ts'
import { changeOfAlert } from '../../src/outgoing/changes.ts'
import type { QuotaAlert } from '../../src/queue/alert.ts'
import { sampleAlert } from './sample-alert.ts'

const channel = (name: string) => ({ name, send: async () => {} })
const routes = makeRoutes([
  { channel: channel('all'), projects: ['**'], kinds: ['*'], severity: 'info' },
  { channel: channel('team-a'), projects: ['ci/team-a/*'], kinds: ['*'], severity: 'info' },
  { channel: channel('hub'), projects: ['hub/**'], kinds: ['*'], severity: 'info' },
])
const { project: _, registry: __, ...change } = sampleAlert as Extract<QuotaAlert, { project: string }>
const group: QuotaAlert = {
  ...change,
  group: 'platform',
  projects: ['ci/team-a/app', 'ci/base/go'],
}
const registry: QuotaAlert = { ...change, registry: 'hub' }
const escalation: QuotaAlert = { ...sampleAlert, to: 'over', escalation: { channels: ['hub'] } }

test('an alert about a group goes to the channels of its projects, one about a registry to those of the registry', () => {
  const names = (alert: QuotaAlert) => routes.channelsFor(alert).map(({ name }) => name)
  expect(names(group)).toEqual(['all', 'team-a'])
  expect(names(registry)).toEqual(['all', 'hub'])
})

test('an escalation goes to its own channels only', () => {
  expect(routes.channelsFor(escalation).map(({ name }) => name)).toEqual(['hub'])
})

test('whoever was told of an escalation is told of its end, as the end, whatever it wants', () => {
  const channels = makeRoutes([
    { channel: channel('boss'), projects: ['none/**'], kinds: ['promotion.*'], severity: 'critical' },
  ])
  const end = { ...sampleAlert, from: 'over' as const, endsEscalation: { channels: ['boss'] } }
  for (const to of ['warning', 'ok'] as const) {
    const alert: QuotaAlert = { ...end, to }
    expect(channels.channelsFor(alert).map(({ name }) => name)).toEqual(['boss'])
    const route = channels.route('boss')
    expect(route?.messageOf(alert).severity).toBe('resolved')
    expect(settle([alert], route?.wants ?? (() => true), new Map())).toEqual([alert])
  }
  expect(channels.channelsFor({ ...sampleAlert, from: 'over', to: 'ok' })).toEqual([])
})

test('that a quota is removed is the end of what was told, for all who were told', () => {
  const end = { id: 'e', at: change.at, from: 'over', to: 'ok', text: '', reason: 'quota removed' } as const
  const ends: QuotaAlert[] = [
    { ...end, project: 'team-a/app', registry: 'ci' },
    { ...end, group: 'platform', projects: ['ci/team-a/app', 'ci/base/go'] },
    { ...end, registry: 'hub' },
  ]
  const told = ends.map((alert) => {
    const { subject, title, severity, type, facts } = messageOf(alert)
    expect(facts).toEqual([{ label: 'State', value: 'over → ok' }])
    const { type: event, subject: of, scope } = changeOfAlert(alert)
    const names = routes.channelsFor(alert).map(({ name }) => name)
    return [subject, title, severity, type, event, of, scope, names.join(' ')]
  })
  const resolved = ['resolved', 'quota.ok']
  expect(told).toEqual([
    [
      ...['ci/team-a/app', 'ci/team-a/app has no quota any more', ...resolved],
      ...['project.flag.changed', 'ci/team-a/app', 'ci/team-a/app', 'all team-a'],
    ],
    [
      ...['group platform', 'group platform has no quota any more', ...resolved],
      ...['group.flag.changed', 'platform', 'ci/team-a/app', 'all team-a'],
    ],
    [
      ...['registry hub', 'registry hub has no quota any more', ...resolved],
      ...['registry.flag.changed', 'hub', 'hub', 'all hub'],
    ],
  ])
})

test('each has a subject and a title of its own', () => {
  const heads = [group, registry, escalation].map((alert) => {
    const { subject, title, severity, type } = messageOf(alert)
    return [subject, title, severity, type]
  })
  expect(heads).toEqual([
    ['group platform', 'group platform is close to its quota', 'warning', 'quota.warning'],
    ['registry hub', 'registry hub is close to its quota', 'warning', 'quota.warning'],
    ['ci/team-a/app', 'ci/team-a/app stays over its quota', 'critical', 'quota.over'],
  ])
})
