import { randomBytes } from 'node:crypto'
import type { Client } from 'irc-framework'
import { type IrcAnswers, IrcRefusal, refusal } from './irc-answers.ts'

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

/** How long the server may take, in ms. It may look up our name first, which takes some servers 20 s. */
const PATIENCE_MS = 60_000

/** It is refused for good: a wrong password, a ban, a login that failed (902, 904 to 906, 908). */
const REFUSED = /^(464|465|902|90[4568])$/

export const portOf = ({ port, tls }: IrcSettings): number => port ?? (tls ? 6697 : 6667)

/** Connects, logs in and registers a nick. @throws IrcRefusal */
export async function registerIrc(
  client: Client,
  { answer }: IrcAnswers,
  settings: IrcSettings,
): Promise<void> {
  const nicks = otherNicks(settings.nick)
  let isLoggedIn = false
  const registered = answer(PATIENCE_MS, (message) => {
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

/** What we are called if the nick is taken, say by another process of ours. A server may allow 9 characters only. */
function* otherNicks(nick: string): Generator<string, undefined> {
  const end = randomBytes(2).toString('hex').slice(0, 3)
  yield `${nick}${end}`
  yield `${nick.slice(0, 6)}${end}`
  yield `tally${randomBytes(2).toString('hex')}`
}
