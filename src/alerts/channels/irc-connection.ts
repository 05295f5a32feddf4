import { randomBytes } from 'node:crypto'
import { Client, type IrcMessage } from 'irc-framework'
import { printable } from '../../platform/printable.ts'
import { connectionReason } from './connection-reason.ts'
import { cutBytes } from './cut-bytes.ts'

export interface IrcSettings {
  host: string
  /** Default: 6697 with TLS, 6667 without. */
  port?: number | undefined
  tls: boolean
  nick: string
  /** The channel of IRC, such as `#ops`. */
  room: string
  /** The key of the room. */
  key?: string | undefined
  /** The password of the server. */
  password?: string | undefined
  /** The login, by SASL PLAIN. */
  login?: { account: string; password: string } | undefined
}

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

export interface IrcConnection {
  /** Whether the server is still there. */
  isOpen(): boolean
  /** Our nick there. */
  nick(): string
  /**
   * Joins the room if it is not in it, and says a line there. Resolves when the server has taken the line. `line` gets the
   * bytes that it may take, and the nicks in the room. @throws IrcRefusal
   */
  say(line: (most: number, nicks: readonly string[]) => string): Promise<void>
  /** Leaves with QUIT. */
  quit(): Promise<void>
}

/** How long the server may take for an answer, in ms. It may look up our name first, which takes some servers 20 s. */
const PATIENCE_MS = { register: 60_000, answer: 30_000, quit: 3_000 }

/** Bytes of a line, its line break included (RFC 2812, section 2.3). */
const LINE_BYTES = 512

/** Registration was refused for good: a wrong password, a ban, a login that failed (902 and 904 to 908). */
const REFUSED = /^(464|465|902|90[4-8])$/

/** These are no final refusals: the channel is full, or has too many (405) or is not available now. */
const PASSES = /^(405|437|471)$/

export const portOf = ({ port, tls }: IrcSettings): number => port ?? (tls ? 6697 : 6667)

/** Connects, logs in and registers a nick. @throws IrcRefusal */
export async function connectIrc(settings: IrcSettings): Promise<IrcConnection> {
  const { room, key } = settings
  const client = new Client()
  const watchers = new Set<(message: IrcMessage | Error) => void>()
  const tell = (message: IrcMessage | Error) => {
    for (const watch of watchers) watch(message)
  }
  let isOpen = true
  /** `user@host`, as the server shows us to others; `undefined` while we are not in the room. */
  let shownAs: string | undefined
  const members = client.channel(room)

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
    const watch = (message: IrcMessage | Error) => {
      try {
        if (message instanceof Error) throw message
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

  const isUs = (nick: string | undefined) => nick !== undefined && client.caseCompare(nick, client.user.nick)
  const isRoom = (name: string | undefined) => name !== undefined && client.caseCompare(name, room)

  function follow({ command, params, nick, ident, hostname }: IrcMessage): void {
    if (!isRoom(params[0])) return
    if (command === 'JOIN' && isUs(nick)) shownAs = `${ident}@${hostname}`
    if (command === 'PART' && isUs(nick)) shownAs = undefined
    if (command === 'KICK' && isUs(params[1])) shownAs = undefined
  }

  async function register(): Promise<void> {
    const nicks = otherNicks(settings.nick)
    let isLoggedIn = false
    const registered = answer(PATIENCE_MS.register, (message) => {
      const { command } = message
      if (command === '900') isLoggedIn = true
      if (REFUSED.test(command)) throw refusal(message, false)
      if (/^43[237]$/.test(command)) {
        const next = nicks.next()
        if (next.done) throw refusal(message, command === '433')
        client.changeNick(next.value)
      }
      if (command !== '001') return undefined
      if (settings.login !== undefined && !isLoggedIn)
        throw new IrcRefusal('the server offers no login by SASL PLAIN', false)
      return true
    })
    client.connect({
      ...{ host: settings.host, port: portOf(settings), tls: settings.tls, rejectUnauthorized: true },
      ...{ nick: settings.nick, username: 'tallyman', gecos: 'Tallyman', version: '' },
      ...{ password: settings.password, auto_reconnect: false },
      // Without `account`, the library would use the password of the server as one of SASL.
      account: settings.login ?? {},
    })
    await registered
  }

  /** Sends a command, and waits until the server has worked on it: it answers in order. @throws IrcRefusal */
  async function exchange(...words: string[]): Promise<void> {
    const token = `tallyman-${randomBytes(6).toString('hex')}`
    let refused: IrcMessage | undefined
    const answered = answer(PATIENCE_MS.answer, (message) => {
      const { command, params } = message
      const isOurs = isRoom(params[1]) || params[1] === words[0] || command === '417'
      if (/^[45]\d\d$/.test(command) && isOurs) refused ??= message
      return command === 'PONG' && params.at(-1) === token ? true : undefined
    })
    client.raw(...words)
    client.raw('PING', token)
    await answered
    if (refused !== undefined) throw refusal(refused, PASSES.test(refused.command))
  }

  async function join(): Promise<string> {
    await exchange('JOIN', room, ...(key === undefined ? [] : [key]))
    if (shownAs === undefined) throw new IrcRefusal(`the server did not let us into ${room}`, true)
    return shownAs
  }

  async function speak(line: Parameters<IrcConnection['say']>[0]): Promise<void> {
    const shown = shownAs ?? (await join())
    const head = `:${client.user.nick}!${shown} PRIVMSG ${room} :`
    const nicks = members.users.map(({ nick }) => nick)
    await exchange('PRIVMSG', room, line(LINE_BYTES - 2 - Buffer.byteLength(head), nicks))
  }

  await register().catch((error) => {
    client.connection.end(undefined, true)
    throw error
  })
  return {
    isOpen: () => isOpen,
    nick: () => client.user.nick,
    async say(line) {
      const wasInside = shownAs !== undefined
      await speak(line).catch((error) => {
        // We were thrown out a moment ago, and may be let in again.
        if (isOpen && wasInside && shownAs === undefined) return speak(line)
        throw error
      })
    },
    async quit() {
      if (!isOpen) return
      const gone = answer(PATIENCE_MS.quit, () => undefined)
      client.quit('Nothing more to say')
      await gone.catch(() => client.connection.end(undefined, true))
    },
  }
}

const CLOSED = 'the server closed the connection'

const refusal = ({ command, params }: IrcMessage, retry: boolean) =>
  new IrcRefusal(`${command} ${cutBytes(printable(params.at(-1) ?? ''), 200)}`, retry)

/** What we are called if the nick is taken, say by another process of ours. A server may allow 9 characters only. */
function* otherNicks(nick: string): Generator<string, undefined> {
  const end = randomBytes(2).toString('hex').slice(0, 3)
  yield `${nick}${end}`
  yield `${nick.slice(0, 6)}${end}`
  yield `tally${randomBytes(2).toString('hex')}`
}
