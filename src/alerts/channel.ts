import type { Alert, AlertSummary } from '../queue/alert.ts'

/** Where alerts are sent to: a chat or a program. */
export interface Channel {
  /** The configured name, for logs and errors. */
  name: string
  /** Sends once, and resolves when the receiver has accepted the alert (2xx). BullMQ retries. @throws ChannelError */
  send(alert: Alert): Promise<void>
  /** Sends one message for many alerts that were held back. @throws ChannelError */
  sendSummary(summary: AlertSummary): Promise<void>
}
