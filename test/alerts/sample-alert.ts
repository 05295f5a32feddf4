import { messageOf } from '../../src/alerts/message-of.ts'
import type { AlertSummary, ExpiryAlert, QuotaAlert, RegistryAlert } from '../../src/queue/alert.ts'

const GiB = 1024 ** 3

export const sampleAlert = {
  id: 'alert_01',
  at: '2026-05-01T10:00:00.000Z',
  project: 'team-a/app',
  registry: 'ci',
  from: 'ok',
  to: 'warning',
  measure: 'unique',
  used: 41 * GiB,
  limit: 50 * GiB,
  mark: 0.8,
  text: 'ci/team-a/app is at 82 % of its quota: 41.0 GiB of 50.0 GiB (warning from 80 %).',
} satisfies QuotaAlert

export const sampleMessage = messageOf(sampleAlert)

export const sampleSummary: AlertSummary = {
  id: 'summary_01',
  topic: 'quota',
  since: '2026-05-01T10:00:00.000Z',
  at: '2026-05-01T10:05:00.000Z',
  count: 20,
  examples: [sampleAlert],
  text: `20 alerts since 2026-05-01T10:00:00.000Z: 20 quota.warning.\n${sampleAlert.at}: ${sampleAlert.text}\nOthers: 19. GET /v1/alerts has all alerts.`,
}

export const registryAlert: RegistryAlert = {
  id: 'alert_02',
  at: '2026-05-01T10:00:00.000Z',
  registry: 'ci',
  event: 'reconcile.held',
  text: 'ci: nothing is removed',
}

export const expiryAlert: ExpiryAlert = {
  id: 'alert_03',
  at: '2026-05-01T10:00:00.000Z',
  registry: 'ci',
  project: 'team-a/app',
  event: 'expiry.notice',
  policy: 'pull-requests',
  images: 2,
  bytes: 3 * GiB,
  examples: ['team-a/app:pr-1', 'team-a/app:pr-2'],
  until: '2026-05-04T10:00:00.000Z',
  text: 'ci/team-a/app: 2 images (3.0 GiB) will expire',
}
