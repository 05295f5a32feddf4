import { connect, type Socket } from 'node:net'
import type { HostileRequest } from './hostile-request.ts'

/**
 * Sends bytes over a connection of their own. Resolves to the status of the first answer that is final; to 0 if the
 * other side hung up without one, which only what is `broken` may meet; to -1 if nothing came of it in `timeoutMs`.
 */
export function sendRaw(port: number, { bytes, kind }: HostileRequest, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const done = (status: number) => {
      socket.destroy()
      resolve(status)
    }
    readStatus(socket, done)
    socket.setTimeout(timeoutMs, () => done(-1))
    if (kind === 'broken') socket.end(bytes)
    else socket.write(bytes)
  })
}

/**
 * Sends `head`, then a byte every `everyMs`, for as long as the other side bears it. Resolves to how long that was, in
 * ms; stops after `atMostMs`.
 */
export function drip(
  port: number,
  { head, everyMs, atMostMs }: { head: string; everyMs: number; atMostMs: number },
): Promise<number> {
  return new Promise((resolve) => {
    const began = Date.now()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const timer = setInterval(() => {
      if (Date.now() - began > atMostMs) done()
      else if (head !== '') socket.write(' ')
    }, everyMs)
    const done = () => {
      clearInterval(timer)
      socket.destroy()
      resolve(Date.now() - began)
    }
    readStatus(socket, done)
    socket.write(head)
  })
}

function readStatus(socket: Socket, done: (status: number) => void): void {
  let text = ''
  socket.on('data', (data) => {
    text += data.toString('latin1')
    // 100 Continue is not the answer yet.
    const status = /^(?:HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n)*HTTP\/1\.1 ([2-9]\d\d) /.exec(text)?.[1]
    if (status !== undefined) done(Number(status))
  })
  // Also where it is reset with our bytes unread: an answer that was sent before is lost then.
  socket.on('error', () => done(0))
  socket.on('close', () => done(0))
}
