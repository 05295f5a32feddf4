import { connect, type Socket } from 'node:net'
import type { HostileRequest } from './hostile-request.ts'

/**
 * Sends bytes over a new connection. Resolves to the status of the first final answer, or to 0 if the other side closed
 * the connection without one.
 */
export function sendRaw(port: number, { bytes, kind }: HostileRequest): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const done = (status: number) => {
      socket.destroy()
      resolve(status)
    }
    readStatus(socket, done)
    if (kind === 'broken') socket.end(bytes)
    else socket.write(bytes)
  })
}

/**
 * Sends `head`, then a byte every `everyMs` until the other side answers or closes the connection. Resolves to how long
 * that took, in ms.
 */
export function drip(port: number, { head, everyMs }: { head: string; everyMs: number }): Promise<number> {
  return new Promise((resolve) => {
    const began = Date.now()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const timer = setInterval(() => socket.write(' '), everyMs)
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
    // 100 Continue is not the final answer.
    const status = /^(?:HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n)*HTTP\/1\.1 ([2-9]\d\d) /.exec(text)?.[1]
    if (status !== undefined) done(Number(status))
  })
  // If the other side resets the connection before it read our bytes, an answer that it sent before is lost.
  socket.on('error', () => done(0))
  socket.on('close', () => done(0))
}
