import type { Alert, AlertSummary, BoxKind } from './alert.ts'
import type { Change } from './change.ts'
import type { QuotaSubject } from './quota-subject.ts'

/** The data of each queue's jobs. A job may run twice, so it names a state to reach, not a change to make. */
export interface Jobs {
  /** The deliveries that arrived while the job before was being written. */
  events: { deliveries: Delivery[] }
  /** Bring a flag up to date with what is used. */
  quota: QuotaSubject
  /**
   * `announce` records an alert and puts it into a box of each channel. `gathered` empties a box: it adds a `deliver` job for
   * each alert, or one `summary` job if there are too many. `test` tries a channel.
   */
  alerts:
    | { kind: 'announce'; alert: Alert }
    | { kind: 'deliver'; alert: Alert; channel: string }
    | { kind: 'summary'; channel: string; summary: AlertSummary }
    | { kind: 'gathered'; channel: string; box: { kind: BoxKind; id: string } }
    | { kind: 'test'; channel: string; at: string }
  /** Copy an image, or what refers to one that was copied. */
  promotion: PromotionJob | FollowJob
  /** Run a policy for a registry. `acceptShare`: whether it may delete more than `expiry.maxShare`. */
  expiry: ExpiryJob
  /** Write a snapshot of the index, read one into an empty index, or read the newest one after Redis has lost its data. */
  snapshot: { kind: 'write' } | { kind: 'restore'; key: string } | { kind: 'recover' }
  /** Add this hour's sample to the histories of usage. */
  history: { kind: 'sample' }
  /** Tell a receiver of a change. */
  outgoing: { change: Change; to: string }
  /** Compare the index with a registry and mend it. */
  reconcile: ReconcileJob
  /** Write what was heard to the journal, or replay policies over it. */
  journal: JournalJob
  /** Survey the storage of a registry. */
  storage: { kind: 'survey'; registry: string }
  /** Compare what the processes of registries counted with what the intake took. */
  deliveries: { kind: 'audit' }
  /** Put back what broken images lack, or read images of a registry and hash them. */
  integrity: RepairJob | ScrubJob
  /** Collect the garbage of a registry. */
  collections: CollectionJob
  /** Look up references that an event did not tell, or move repositories that a registry renamed. */
  resolve: ReferencesJob | RenameJob
}

/**
 * `write`: write what waits. `replay`: `policies` are expiry policies, each for its registry, with when they run (replay.ts).
 * `since` and `until` are epoch ms, `at` is RFC 3339.
 */
export type JournalJob =
  | { kind: 'write' }
  | {
      kind: 'replay'
      id: string
      at: string
      by: string
      policies: ReplayedPolicy[]
      since: number
      until: number
    }

/** A policy as the capability has it: the queue does not look into it. */
export type ReplayedPolicy = { name: string; registry: string; schedule: string; timeZone: string }

export interface ExpiryJob {
  policy: string
  registry: string
  dryRun: boolean
  acceptShare: boolean
  /** Globs over `registry/path`: it runs in these projects only. Absent: in all. */
  projects?: string[]
  /** The id of a plan that was shown: it deletes nothing else. */
  plan?: string
  /** Who or what asked for it, as people read it. */
  by: string
  /** Somebody has stopped it. The worker looks here before each delete. */
  stopped?: { by: string; at: string }
}

export interface ScrubJob {
  kind: 'scrub'
  registry: string
  /** How much of the day's budget may be read: what is due so far, or all of it. */
  share: 'so far' | 'day'
}

export interface RepairJob {
  kind: 'repair'
  registry: string
  /** `registry/path` */
  project: string
  repository: string
  digest: string
  /** The tag by which it was asked for. */
  tag?: string
  /** Where the copy is. Absent: wherever a good one is known. */
  from?: { registry: string; repository: string }
  /** Tell what would be done, and write nothing. */
  dryRun: boolean
  /** Who asked for it, as people read it. */
  by: string
}

export interface CollectionJob {
  registry: string
  /** The registry's own collector runs, or Tallyman moves the garbage itself. */
  mode: 'conduct' | 'barrier'
  dryRun: boolean
  /** Whether it runs whatever speaks against it. */
  force: boolean
  /** Who or what asked for it, as people read it. */
  by: string
  /** The id of its record. Absent if the schedule asks. */
  id?: string
  /** Somebody has stopped it. The worker looks here each second. */
  stopped?: { by: string; at: string }
}

export interface Delivery {
  registry: string
  /** RFC 3339 */
  receivedAt: string
  /** Parsed JSON, not yet validated: the worker does that. */
  events: unknown[]
  /** Events that were too large to be parsed. */
  unread?: UnreadEvent[]
  /** The id of the quarantine entry, if this delivery replays one. */
  quarantineId?: string
}

export interface UnreadEvent {
  /** Why it was not parsed. */
  reason: string
  /** Its first characters. */
  beginning: string
}

export interface ReconcileJob {
  registry: string
  /** Report the drift and change nothing. */
  dryRun: boolean
  /** Remove what is missing, even if a run holds it back. */
  acceptLoss: boolean
  /** Who asked for it: a person, the schedule, or Tallyman itself after something had happened. */
  origin: 'person' | 'schedule' | 'automatic'
  /** Why it was asked for, as people read it. */
  reason: string
  /** An automatic one that does not wait for `reconcile.pause`. */
  isUrgent?: boolean
}

export interface PromotionJob {
  kind: 'copy'
  /** The rule. Absent if a person asked for what no rule is about. */
  rule?: string
  registry: string
  project: string
  repository: string
  /** Absent if the image was asked for by its digest. */
  tag?: string
  digest: string
  /** When it was pushed, epoch µs. */
  pushedAt: number
  to: { registry: string; repository: string; tag: string }
  /** Who or what asked for it, as people read it. */
  by: string
  /** What the token of a CI job said of it. */
  claims?: Record<string, string>
  /** A person may ask for another one than the rule's. */
  overwrite?: 'never' | 'always' | 'newer'
}

/** Copy what belongs to an image that was promoted, and was pushed after it. */
export interface FollowJob {
  kind: 'follow'
  registry: string
  repository: string
  /** The image. If an audit asks, it may be a part of it. */
  subject: string
  to: { registry: string; repository: string }
  /** An audit asks for it, whatever the rules say. */
  mend?: true
}

/** Look up a manifest whose event did not tell everything that it references. */
export interface ReferencesJob {
  kind: 'references'
  registry: string
  repository: string
  digest: string
  /** The event's time, epoch µs, and its kind. */
  at: number
  via: 'push' | 'pull'
}

/** Move what the index knows of repositories at or below `from` to `to`. */
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
  'history',
  'outgoing',
  'resolve',
  'reconcile',
  'storage',
  'deliveries',
  'integrity',
  'collections',
  'journal',
]
