import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageOf, messageOfSummary } from '../../src/alerts/message-of.ts'
import { makeRoutes } from '../../src/alerts/routes.ts'
import type { Alert } from '../../src/queue/alert.ts'
import { expiryAlert, registryAlert, sampleAlert, sampleSummary } from './sample-alert.ts'

const PUBLIC_URL = 'https://tallyman.example.com/base'
const pathsOf = (alert: Alert) =>
  messageOf(alert, PUBLIC_URL).links.map(({ url }) => url.slice(PUBLIC_URL.length))

const { project: _, registry: __, ...change } = sampleAlert
const promotionAlert: Alert = {
  ...{ id: 'alert_04', at: sampleAlert.at, registry: 'ci', project: 'team-a/app', event: 'promotion.failed' },
  ...{ promotion: 'a b', image: 'team-a/app:v1', target: 'hub/app:v1', text: '' },
}

test('each alert links to the pages of the dashboard that tell more', () => {
  const project = '/projects/ci/team-a/app'
  const plan = '/plan?project=ci%2Fteam-a%2Fapp'
  expect(pathsOf(sampleAlert)).toEqual([project, plan])
  expect(pathsOf({ ...sampleAlert, to: 'ok' })).toEqual([project])
  expect(pathsOf(expiryAlert)).toEqual([project, plan])
  expect(pathsOf(promotionAlert)).toEqual(['/promotions/a%20b', project])
  expect(pathsOf(registryAlert)).toEqual(['/registries'])
  expect(pathsOf({ ...change, registry: 'ci' })).toEqual(['/registries'])
  expect(pathsOf({ ...change, group: 'platform', projects: [] })).toEqual(['/projects'])
  expect(messageOfSummary(sampleSummary, PUBLIC_URL).links).toEqual([
    { text: 'All alerts', url: `${PUBLIC_URL}/alerts` },
  ])
})

test('without a public URL there are no links, and channels get those of theirs', () => {
  expect(messageOf(sampleAlert).links).toEqual([])
  expect(messageOfSummary(sampleSummary).links).toEqual([])
  const configured = [
    {
      ...{ channel: { name: 'ops', send: async () => {} }, projects: ['**'] },
      ...{ kinds: ['*'], severity: 'info' as const },
    },
  ]
  const linksWith = (publicUrl?: string) => {
    const route = makeRoutes(configured, publicUrl).route('ops')
    return [route?.messageOf(sampleAlert).links.length, route?.messageOfSummary(sampleSummary).links.length]
  }
  expect(linksWith()).toEqual([0, 0])
  expect(linksWith(PUBLIC_URL)).toEqual([2, 1])
})

test('no name changes where a link leads', () => {
  const anyName = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '../..',
      '?a=b&c',
      '#x',
      '//evil.example.com',
      '\ud800',
      '" onclick="x',
      '%2e%2e',
      'a|b>c',
    ),
  )
  fc.assert(
    fc.property(anyName, (project) => {
      const [ofProject = '', ofPlan = ''] = pathsOf({ ...sampleAlert, project })
      const [page, plan] = [ofProject, ofPlan].map((path) => new URL(PUBLIC_URL + path))
      expect([page?.origin, page?.search, page?.hash]).toEqual(['https://tallyman.example.com', '', ''])
      expect(decodeURIComponent(page?.pathname.replace('/base/projects/', '') ?? '')).toBe(
        `ci/${project.toWellFormed()}`,
      )
      expect(page?.href).not.toMatch(/[\s<>"|`]/)
      expect([plan?.pathname, plan?.hash]).toEqual(['/base/plan', ''])
      expect([...(plan?.searchParams ?? [])]).toEqual([['project', `ci/${project.toWellFormed()}`]])
    }),
  )
})
