import type { Alert } from '../queue/alert.ts'

/** Where alerts are sent to: a chat or a program. */
export interface Channel {
  /** The configured name, for logs and errors. */
  name: string
  /** Sends once, and resolves when the receiver has accepted the alert (2xx). BullMQ retries. @throws ChannelError */
  send(alert: Alert): Promise<void>
}
