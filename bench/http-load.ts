import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { WEBHOOK_TOKEN } from '../lab/tallyman.ts'

export interface Load {
  port: number
  /** The number of requests in flight. */
  connections: number
  /** `kept` connections, or a `new` one for each request, as registries do (docs/registries.md, Delivery). */
  mode: 'kept' | 'new'
  requests: readonly Request[]
}

/** A request that can be sent repeatedly: each time a new event id is written at `idAt`. */
export interface Request {
  bytes: Buffer
  idAt: number
}

export interface LoadResult {
  perSecond: number
  /** The time from sending to the whole answer, in ms. In mode `new` it includes connecting. */
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
 * Sends all requests, each with a new event id, and waits for the answers. It uses `node:net`, since an HTTP client would
 * take as long as the server, and prepared buffers, since collecting the garbage of new ones took up to 80 ms of a run.
 * @throws if an answer is not a 2xx
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
      await exchange(socket, request.bytes)
      latencies.push(performance.now() - began)
      if (mode === 'new') {
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

/** Sends a request and waits for its whole answer. */
function exchange(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const settle = (error?: Error) => {
      socket.off('data', onData).off('error', onError).off('close', onClose)
      if (error) reject(error)
      else resolve()
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

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, end))?.[1] ?? '0'
  return answer.length >= end + 4 + Number(length)
}
