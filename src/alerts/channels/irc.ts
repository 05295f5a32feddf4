import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel } from '../channel.ts'
import { ChannelError } from '../channel-error.ts'
import type { Message } from '../message.ts'
import { IrcRefusal } from './irc-answers.ts'
import { connectIrc, type IrcConnection } from './irc-connection.ts'
import { ircLine } from './irc-line.ts'
import { type IrcSettings, portOf } from './irc-register.ts'

/** Servers slow down or disconnect who says more than a line in 1 or 2 s for long (RFC 2813, section 5.8). */
const PACE_MS = 1_000

/** How long the connection stays open after the last line, in ms. */
const LINGER_MS = 300_000

/**
 * A channel of IRC. It connects when there is something to say, stays for some minutes, and connects again for the next
 * message if the connection is lost. Each process that sends has a connection and a nick of its own.
 */
export function makeIrcChannel({
  name,
  paceMs = PACE_MS,
  lingerMs = LINGER_MS,
  ...settings
}: IrcSettings & { name: string; paceMs?: number; lingerMs?: number }): Channel {
  let connection: IrcConnection | undefined
  let lingering: NodeJS.Timeout | undefined
  let nextAt = 0
  let last: Promise<unknown> = Promise.resolve()

  async function leave(): Promise<void> {
    clearTimeout(lingering)
    const open = connection
    connection = undefined
    await open?.quit()
  }

  /** One after the other: the answers of the server do not say to which line they belong. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = last.then(act)
    last = done.catch(() => undefined)
    return done
  }

  async function opened(): Promise<IrcConnection> {
    clearTimeout(lingering)
    lingering = setTimeout(() => void inTurn(leave), lingerMs).unref()
    if (!connection?.isOpen()) connection = await connectIrc(settings)
    return connection
  }

  const where = `${settings.host}:${portOf(settings)}`
  const failed = (error: unknown) => {
    if (!(error instanceof IrcRefusal)) throw error
    const { retry } = error
    throw new ChannelError(`channel ${name} at ${where}: ${error.message}`, {
      channel: name,
      status: undefined,
      retry,
    })
  }

  async function say(message: Message): Promise<void> {
    await sleep(Math.max(0, nextAt - Date.now()))
    const open = await opened()
    nextAt = Date.now() + paceMs
    await open.say((most, nicks) => ircLine(message, most, nicks))
  }

  return {
    name,
    send: (message) => inTurn(() => say(message).catch(failed)),
    check: {
      tried: `connect to ${where}`,
      ask: () => inTurn(() => opened().then((open) => `the server knows us as ${open.nick()}`, failed)),
    },
    close: () => inTurn(leave),
  }
}
