import type { Client, IrcMessage } from 'irc-framework'
import { printable } from '../../platform/printable.ts'
import { connectionReason } from './connection-reason.ts'
import { cutBytes } from './cut-bytes.ts'

/** The server or the room does not take what was sent. */
export class IrcRefusal extends Error {
  override readonly name = 'IrcRefusal'
  /** Whether another attempt may succeed. */
  readonly retry: boolean
  constructor(message: string, retry: boolean) {
    super(message)
    this.retry = retry
  }
}

/** The refusal that a message of the server is: its number and its text. */
export const refusal = ({ command, params }: IrcMessage, retry: boolean) =>
  new IrcRefusal(`${command} ${cutBytes(printable(params.at(-1) ?? ''), 200)}`, retry)

const CLOSED = 'the server closed the connection'

export type IrcAnswers = ReturnType<typeof makeIrcAnswers>

/** What the server says. `follow` gets each message first. */
export function makeIrcAnswers(client: Client, follow: (message: IrcMessage) => void) {
  let isOpen = true
  const watchers = new Set<(message: IrcMessage | IrcRefusal) => void>()
  const tell = (message: IrcMessage | IrcRefusal) => {
    for (const watch of watchers) watch(message)
  }
  client.use((_, raw) =>
    raw.use((_command, message, _line, _client, next) => {
      follow(message)
      tell(message)
      next()
    }),
  )
  client.on('socket close', (error) => {
    isOpen = false
    tell(new IrcRefusal(connectionReason(error) ?? CLOSED, true))
  })

  /** Resolves with the first answer that is not `undefined`. @throws IrcRefusal, also what `judge` throws */
  async function answer<T>(patienceMs: number, judge: (message: IrcMessage) => T | undefined): Promise<T> {
    if (!isOpen) throw new IrcRefusal(CLOSED, true)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const seconds = patienceMs / 1000
    const late = () => reject(new IrcRefusal(`no answer within ${seconds} s`, true))
    const timer = setTimeout(late, patienceMs)
    const watch = (message: IrcMessage | IrcRefusal) => {
      try {
        if (message instanceof IrcRefusal) throw message
        if (message.command === 'ERROR') throw refusal(message, true)
        const judged = judge(message)
        if (judged !== undefined) resolve(judged)
      } catch (error) {
        reject(error)
      }
    }
    watchers.add(watch)
    return promise.finally(() => {
      clearTimeout(timer)
      watchers.delete(watch)
    })
  }

  return { isOpen: () => isOpen, answer }
}
