import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { WEBHOOK_TOKEN } from '../lab/tallyman.ts'

export interface Load {
  port: number
  /** Requests in flight at a time, each of which waits for its answer. */
  connections: number
  /** `kept` connections, unless the server closes them, or a `new` one for each request, as registries do (docs/registries.md, Delivery). */
  mode: 'kept' | 'new'
  requests: readonly Request[]
}

/** That can be sent again and again, each time with a new id in the place of the last. */
export interface Request {
  bytes: Buffer
  idAt: number
}

export interface LoadResult {
  perSecond: number
  /** ms from sending, with connecting where each has a connection of its own, to the whole answer. */
  latencies: number[]
}

/** A notification with one event, as distribution 2.8 sends it. */
export function requestOf(event: { id: string }): Request {
  const body = JSON.stringify({ events: [event] })
  const head = [
    'POST /v1/events HTTP/1.1',
    'Host: 127.0.0.1',
    'User-Agent: Go-http-client/1.1',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Authorization: Bearer ${WEBHOOK_TOKEN}`,
    'Content-Type: application/vnd.docker.distribution.events.v1+json',
    'Accept-Encoding: gzip',
  ]
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
  return { bytes, idAt: bytes.indexOf(event.id) }
}

/**
 * Sends all requests, each event under an id of its own, and waits for their answers; written on `node:net`, for a client
 * of its own would take as long as what it measures, and into memory that is there already: to collect the garbage of
 * requests made anew took up to 80 ms of a run. @throws for an answer that is no 2xx
 */
export async function drive({ port, connections, mode, requests }: Load): Promise<LoadResult> {
  const latencies: number[] = []
  let next = 0
  const open = () => connect({ port, host: '127.0.0.1', noDelay: true })
  const kept = Array.from({ length: mode === 'kept' ? connections : 0 }, open)
  await Promise.all(kept.map((socket) => once(socket, 'connect')))
  const lane = async (_: unknown, n: number) => {
    let socket = kept[n]
    while (next < requests.length) {
      const request = requests[next++]
      if (request === undefined) break
      request.bytes.write(randomUUID(), request.idAt, 'latin1')
      const began = performance.now()
      socket ??= open()
      const isClosed = await exchange(socket, request.bytes)
      latencies.push(performance.now() - began)
      if (mode === 'new' || isClosed) {
        socket.destroy()
        socket = undefined
      }
    }
    socket?.destroy()
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: connections }, lane))
  return { perSecond: (requests.length / (performance.now() - began)) * 1000, latencies }
}

/** @returns whether the server closes the connection */
function exchange(socket: Socket, request: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const settle = (error?: Error) => {
      socket.off('data', onData).off('error', onError).off('close', onClose)
      if (error) reject(error)
      else resolve(CLOSES.test(answer))
    }
    const onData = (chunk: Buffer) => {
      answer += chunk.toString('latin1')
      if (!isWhole(answer)) return
      const isTaken = answer.startsWith('HTTP/1.1 2')
      settle(isTaken ? undefined : new Error(`answered ${answer.slice(0, 300)}`))
    }
    const onError = (error: Error) => settle(error)
    const onClose = () => settle(new Error('the connection was closed without an answer'))
    socket.on('data', onData).on('error', onError).on('close', onClose)
    socket.write(request)
  })
}

const CLOSES = /\r\nconnection: close\r\n/i

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, end))?.[1] ?? '0'
  return answer.length >= end + 4 + Number(length)
}
