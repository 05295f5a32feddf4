import { randomBytes } from 'node:crypto'
import { Client, type IrcMessage } from 'irc-framework'
import { IrcRefusal, makeIrcAnswers, refusal } from './irc-answers.ts'
import { type IrcSettings, registerIrc } from './irc-register.ts'

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

/** How long the server may take, in ms. */
const PATIENCE_MS = { answer: 30_000, quit: 3_000 }

/** Bytes of a line, its line break included (RFC 2812, section 2.3). */
const LINE_BYTES = 512

/** These are no final refusals: the channel is full, or has too many (405) or is not available now. */
const PASSES = /^(405|437|471)$/

/** Connects, logs in and registers a nick. @throws IrcRefusal */
export async function connectIrc(settings: IrcSettings): Promise<IrcConnection> {
  const { room, key } = settings
  const client = new Client()
  const answers = makeIrcAnswers(client, follow)
  const { answer, isOpen } = answers
  /** `user@host`, as the server shows us to others; `undefined` while we are not in the room. */
  let shownAs: string | undefined
  const members = client.channel(room)

  const isUs = (nick: string | undefined) => nick !== undefined && client.caseCompare(nick, client.user.nick)
  const isRoom = (name: string | undefined) => name !== undefined && client.caseCompare(name, room)

  function follow({ command, params, nick, ident, hostname }: IrcMessage): void {
    if (!isRoom(params[0])) return
    if (command === 'JOIN' && isUs(nick)) shownAs = `${ident}@${hostname}`
    if (command === 'PART' && isUs(nick)) shownAs = undefined
    if (command === 'KICK' && isUs(params[1])) shownAs = undefined
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

  await registerIrc(client, answers, settings).catch((error) => {
    client.connection.end(undefined, true)
    throw error
  })
  return {
    isOpen,
    nick: () => client.user.nick,
    async say(line) {
      const wasInside = shownAs !== undefined
      await speak(line).catch((error) => {
        // We were thrown out a moment ago, and may be let in again.
        if (isOpen() && wasInside && shownAs === undefined) return speak(line)
        throw error
      })
    },
    async quit() {
      if (!isOpen()) return
      const gone = answer(PATIENCE_MS.quit, () => undefined)
      client.quit('Nothing more to say')
      await gone.catch(() => client.connection.end(undefined, true))
    },
  }
}
