import type { Alert } from './alert.ts'

/** What each queue's jobs carry. A job may run twice, so each says what to reach, not what to add. */
export interface Jobs {
  /** The deliveries that arrived while the job before was being written. */
  events: { deliveries: Delivery[] }
  /** Bring a project's flag up to date with its usage. */
  quota: { project: string }
  /** `announce` records an alert and hands it to each channel as a `deliver` of its own. */
  alerts: { kind: 'announce'; alert: Alert } | { kind: 'deliver'; alert: Alert; channel: string }
  /** Copy an image by the rule that matched its push. */
  promotion: PromotionJob
  /** Run a policy now. */
  expiry: { policy: string; dryRun: boolean }
  /** Write a snapshot of the index, or read one into an empty index. */
  snapshot: { kind: 'write' } | { kind: 'restore'; key: string }
  /** Compare the index with a registry and mend it. */
  reconcile: ReconcileJob
  /** Look up what an event did not tell, or move what a registry renamed. */
  resolve: ReferencesJob | RenameJob
}

export interface Delivery {
  registry: string
  /** RFC 3339 */
  receivedAt: string
  /** As JSON had them: the worker finds out what they are. */
  events: unknown[]
  /** The entry in quarantine that this is, where it is replayed. */
  quarantineId?: string
}

export interface ReconcileJob {
  registry: string
  /** Report the drift and change nothing. */
  dryRun: boolean
  /** Why it was asked for, as people read it. */
  reason: string
}

export interface PromotionJob {
  rule: string
  registry: string
  project: string
  repository: string
  tag: string
  digest: string
  /** When it was pushed, epoch µs. */
  pushedAt: number
}

/** A manifest whose event did not tell all that it references. */
export interface ReferencesJob {
  kind: 'references'
  registry: string
  repository: string
  digest: string
  /** When it was seen there, epoch µs, and how. */
  at: number
  via: 'push' | 'pull'
}

/** Bring what the index knows of repositories at `from` and below it to `to`. */
export interface RenameJob {
  kind: 'rename'
  registry: string
  from: string
  to: string
  /** epoch µs */
  at: number
}

export type QueueName = keyof Jobs
export const QUEUE_NAMES: readonly QueueName[] = [
  'events',
  'quota',
  'alerts',
  'promotion',
  'expiry',
  'snapshot',
  'resolve',
  'reconcile',
]
