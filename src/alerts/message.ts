import type { Alert, AlertSummary } from '../queue/alert.ts'
import type { Severity } from '../queue/alert-kinds.ts'

export type { Severity }

/**
 * What a message says: one content for all channels, each of which shows as much of it as it can. All texts are plain.
 * Names in them come from registries, so each channel escapes what it would act on: mentions, links, markup, line breaks.
 */
export interface Message {
  /** The same in every attempt to send it: `[A-Za-z0-9_-]+`. */
  id: string
  /** When it happened, RFC 3339. */
  at: string
  /** Its kind, as in webhooks: `quota.over`, `expiry.notice`, `reconcile.held`, … */
  type: string
  /**
   * What it is about. Messages about one subject are states of one thing, and the newest tells how things are: a channel may
   * edit the older one in place, answer in its thread, or resolve it.
   */
  subject: string
  severity: Severity
  /** All that matters, in one line: for IRC, notifications and the log of a chat. */
  text: string
  /** A heading of a few words, without the numbers of `text`. */
  title: string
  /** Short values with labels, such as usage and quota. The most important come first. */
  facts: readonly { label: string; value: string }[]
  /** Lists with a heading, such as the pushes that added most. Each item is one line. */
  lists: readonly { title: string; items: readonly string[] }[]
  /** A row of block characters that shows the last days, and what it shows. For channels that show text. */
  sparkline?: { title: string; text: string }
  /** Where people read more. */
  links: readonly { text: string; url: string }[]
  /** What programs get. */
  data: Alert | AlertSummary | TestNote
}

/** What programs get of a message that somebody sends to try a channel. */
export interface TestNote {
  /** RFC 3339 */
  at: string
  channel: string
  text: string
}
