import type { Message } from './message.ts'

/** A way to try whether a receiver can be reached, without a message. */
export interface Check {
  /** What is done, with no secret in it, such as `HEAD https://chat.example.com/`. */
  tried: string
  /** Does it, and says what the receiver answered. @throws ChannelError */
  ask(): Promise<string>
}

/** Where messages are sent to: a chat, a program, a person's mailbox. */
export interface Channel {
  /** The configured name, for logs and errors. */
  name: string
  /**
   * Its receiver has a thing for each subject, such as an incident that is resolved, and groups by itself. So it gets each alert, and no
   * digest of many.
   */
  tellsEach?: true
  /**
   * Sends once, and resolves when the receiver has accepted the message. BullMQ repeats it, and messages of one channel are
   * sent one after the other. @throws ChannelError
   */
  send(message: Message): Promise<void>
  check?: Check
  /** Ends what the channel keeps open, such as a connection to a chat. */
  close?(): Promise<void>
}

/** What a channel keeps about a subject between messages and restarts: the id of the message that it edits, say. */
export interface ChannelMemory {
  get(subject: string): Promise<string | undefined>
  set(subject: string, value: string): Promise<void>
  forget(subject: string): Promise<void>
}
