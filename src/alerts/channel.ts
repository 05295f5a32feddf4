import type { Alert } from '../queue/alert.ts'

/** A place where people, or programs, are told of alerts. */
export interface Channel {
  /** As configured: what logs and errors call it. */
  name: string
  /** Resolves once the other end has accepted the alert (2xx); throws ChannelError. Sends once: BullMQ retries. */
  send(alert: Alert): Promise<void>
}
