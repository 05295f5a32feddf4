import { once } from 'node:events'
import { connect } from 'node:net'
import { eventually } from './tallyman.ts'

export interface IrcUser {
  /** The lines that the server sent, without their ends. */
  readonly lines: string[]
  send(...lines: string[]): void
  /** Resolves to the first line that matches, once it is there. */
  until(pattern: RegExp): Promise<string>
  /** Resolves once the server has carried out what was sent, and all that it sent before is here. */
  settled(): Promise<void>
  /** The texts of PRIVMSG that it has heard. */
  heard(): string[]
  close(): void
}

/** Somebody in a channel of IRC, who sees the lines as they are. */
export async function joinIrc(
  port: number,
  nick: string,
  room: string,
  { key = '', password }: { key?: string; password?: string } = {},
): Promise<IrcUser> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const lines: string[] = []
  let rest = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    const parts = (rest + chunk).split('\r\n')
    rest = parts.pop() ?? ''
    for (const line of parts)
      if (line.startsWith('PING')) socket.write(`PONG ${line.slice(5)}\r\n`)
      else lines.push(line)
  })
  socket.on('error', () => undefined)
  const send = (...written: string[]) => void socket.write(written.map((line) => `${line}\r\n`).join(''))
  async function until(pattern: RegExp): Promise<string> {
    await eventually(async () => lines.some((line) => pattern.test(line)), Boolean)
    return lines.find((line) => pattern.test(line)) ?? ''
  }
  send(...(password ? [`PASS ${password}`] : []), `NICK ${nick}`, `USER ${nick} 0 * :${nick}`)
  await until(/ 001 /)
  send(`JOIN ${room} ${key}`)
  await until(/ 366 /)
  let settlements = 0
  return {
    ...{ lines, send, until },
    async settled() {
      const token = `settled-${++settlements}.`
      send(`PING ${token}`)
      await until(new RegExp(` PONG .*${token}`))
    },
    heard: () => lines.flatMap((line) => / PRIVMSG \S+ :(.*)$/s.exec(line)?.[1] ?? []),
    close: () => socket.destroy(),
  }
}
