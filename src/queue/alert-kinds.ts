import type { Alert } from './alert.ts'

/** How urgent an alert is. `resolved`: what an earlier one about the same subject told is over. */
export type Severity = 'info' | 'resolved' | 'warning' | 'critical'

/** All kinds of alerts. */
export type AlertKind = ReturnType<typeof kindOf>

export const kindOf = (alert: Alert) => ('to' in alert ? (`quota.${alert.to}` as const) : alert.event)

export const SEVERITY_OF: Readonly<Record<AlertKind, Severity>> = {
  'quota.ok': 'resolved',
  'quota.warning': 'warning',
  'quota.over': 'critical',
  'quota.forecast': 'warning',
  'expiry.notice': 'warning',
  'expiry.done': 'info',
  'expiry.held': 'critical',
  'expiry.blocked': 'critical',
  'promotion.failed': 'critical',
  'promotion.approval': 'warning',
  'reconcile.held': 'critical',
  'inUse.missing': 'critical',
  'deliveries.lost': 'critical',
  'deliveries.growing': 'warning',
  'deliveries.drained': 'resolved',
  'deliveries.unread': 'warning',
  'deliveries.read': 'resolved',
  'images.broken': 'critical',
  'images.whole': 'resolved',
  'collection.advised': 'warning',
  'collection.done': 'info',
  'collection.failed': 'critical',
  'collection.held': 'critical',
  'collection.released': 'resolved',
}

/** How urgent an alert is. */
export const severityOf = (alert: Alert): Severity =>
  'state' in alert && alert.state === 'notSoon' ? 'resolved' : SEVERITY_OF[kindOf(alert)]

export const ALERT_KINDS = Object.keys(SEVERITY_OF) as AlertKind[]
