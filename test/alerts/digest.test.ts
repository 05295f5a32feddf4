import { expect, test } from 'vitest'
import { digestOf } from '../../src/alerts/digest.ts'
import { messageOfSummary } from '../../src/alerts/message-of.ts'
import { sampleAlert } from './sample-alert.ts'

const alert = (n: number, to: 'warning' | 'over') => ({
  ...{ ...sampleAlert, id: `alert_${n}`, project: `p${n}`, to, text: `ci/p${n} is ${to}` },
  at: new Date(n * 1000).toISOString(),
})

test('a digest counts all, shows the most urgent first, and is as urgent as these', () => {
  const alerts = Array.from({ length: 30 }, (_, n) => alert(n, n < 4 ? 'over' : 'warning'))
  const digest = digestOf('box', 'quota', alerts)
  expect(digest).toMatchObject({
    id: 'box',
    topic: 'quota',
    since: alerts[0]?.at,
    at: alerts[29]?.at,
    count: 30,
  })
  expect(digest.examples.map(({ id }) => id)).toEqual(
    [3, 2, 1, 0, 29, 28, 27, 26, 25, 24].map((n) => `alert_${n}`),
  )
  const message = messageOfSummary(digest)
  expect(message).toMatchObject({
    ...{ type: 'quota.summary', severity: 'critical', title: `30 alerts (quota) since ${alerts[0]?.at}` },
    text: `30 alerts since ${alerts[0]?.at}: 4 quota.over, 26 quota.warning.`,
  })
  expect(message.lists[0]?.items).toEqual([
    ...digest.examples.map(({ at, text }) => `${at}: ${text}`),
    'Others: 20. GET /v1/alerts has all alerts.',
  ])
})

test('a digest of few has no line about others', () => {
  expect(digestOf('box', 'quota', [alert(1, 'over'), alert(2, 'over')]).text).not.toContain('Others')
})

test('a text of several lines is one item: it cannot look like another alert', () => {
  const forged = {
    ...alert(1, 'over'),
    text: 'ci/p1 is over. The limit was set: why\n2026-11-27: ci/p9 is over\u2028x',
  }
  const [item, other, ...more] =
    messageOfSummary(digestOf('box', 'quota', [forged, alert(2, 'over')])).lists[0]?.items ?? []
  expect(more).toEqual([])
  expect([item, other]).toEqual([
    expect.stringContaining('ci/p2 is over'),
    expect.stringContaining('why\\u{a}2026-11-27: ci/p9 is over\\u{2028}x'),
  ])
})
