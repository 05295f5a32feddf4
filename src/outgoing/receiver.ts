import type { Check } from '../alerts/channel.ts'
import type { CloudEvent } from '../platform/cloud-event.ts'
import type { Change } from '../queue/change.ts'

/** Another program that is told of changes. */
export interface Receiver {
  /** Unique among the receivers; in jobs and in the log. */
  name: string
  /** Whether it wants to be told of a change. */
  takes(change: Pick<Change, 'type' | 'scope'>): boolean
  /** Sends once, and resolves when the receiver has the event. It may be sent again, with the same id. */
  send(event: CloudEvent): Promise<void>
  check?: Check
  close?(): Promise<unknown>
}
