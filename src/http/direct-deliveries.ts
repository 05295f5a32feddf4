import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { DirectConnection, type DirectWork } from './direct-connection.ts'
import { makeKnownHeads } from './known-heads.ts'
import { PROBLEM_TYPE, problem, RETRY_AFTER } from './problem.ts'

export interface DirectDeliveries {
  /** Takes what deliveries it can of a server's connections. */
  attach(server: Server): void
  /** To be told of each delivery that the server has admitted: by its head it knows the next. */
  learn(request: IncomingMessage, registry: string): void
  /** Ends all connections, those on which something is under way with its answer. */
  close(): void
}

/** How often connections are looked at, in ms. */
const LOOK_MS = 2_000

/** Larger bodies are left to the server, in bytes: what HTTP takes counts little beside them. */
const LARGEST = 64 * 1_024

/**
 * Takes deliveries from their connections by themselves, without Node's HTTP parser and its streams, which take 20 µs of the
 * 45 of a request that does nothing else (docs/performance.md), and without Fastify: a registry's requests differ in their
 * bodies and in these' length, so a request is known by the bytes of its head once the server has admitted one that has the
 * same (known-heads). Whatever is not known, or does not come in time, is the server's: from its first byte, and its
 * connection from then on.
 */
export function makeDirectDeliveries(deps: {
  receive: DirectWork['receive']
  /** What a refused delivery is answered with. */
  problemOf: (error: Error) => { status: number; detail: string }
  /** Of a body, in bytes. */
  bodyLimit: number
  /** How long a connection may be idle after an answer, in ms. */
  keepAliveMs: number
}): DirectDeliveries {
  const heads = makeKnownHeads(Math.min(LARGEST, deps.bodyLimit))
  const connections = new Set<DirectConnection>()
  const dateNow = makeDate()
  let isClosing = false

  function answer(refused: Error | undefined, isLast: boolean): string {
    const { status, headers, body } = refused ? refusal(deps.problemOf(refused)) : TAKEN
    const connection = isLast ? 'close' : `keep-alive\r\nKeep-Alive: timeout=${deps.keepAliveMs / 1000}`
    const lines = `${headers}Content-Length: ${Buffer.byteLength(body)}\r\nDate: ${dateNow()}\r\nConnection: ${connection}`
    return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n\r\n${body}`
  }

  const timer = setInterval(() => {
    for (const connection of connections) connection.look(deps.keepAliveMs / LOOK_MS)
  }, LOOK_MS)
  timer.unref()

  return {
    attach(server) {
      // Node's own, which reads HTTP.
      const [serve] = server.listeners('connection')
      if (serve === undefined) throw new Error('the server takes no connections')
      const work: DirectWork = {
        ...{ answer, find: heads.find, receive: deps.receive },
        forget: (connection) => void connections.delete(connection),
        handOver(socket, bytes) {
          socket.pause()
          if (bytes !== undefined) socket.unshift(bytes)
          serve.call(server, socket)
          socket.resume()
        },
      }
      server.removeAllListeners('connection').on('connection', (socket: Socket) => {
        if (isClosing) serve.call(server, socket)
        else connections.add(new DirectConnection(socket, work))
      })
    },

    learn: heads.add,

    close() {
      isClosing = true
      clearInterval(timer)
      for (const connection of connections) connection.end()
    },
  }
}

const TAKEN = { status: 202, headers: '', body: '' }

function refusal({ status, detail }: { status: number; detail: string }) {
  const retry = status === 503 ? `Retry-After: ${RETRY_AFTER}\r\n` : ''
  return {
    status,
    headers: `Content-Type: ${PROBLEM_TYPE}\r\n${retry}`,
    body: JSON.stringify(problem(status, detail)),
  }
}

/** The time as HTTP writes it, made anew each second. */
function makeDate(): () => string {
  let [madeAt, text] = [Number.NEGATIVE_INFINITY, '']
  return () => {
    const now = Date.now()
    if (Math.floor(now / 1000) !== madeAt) {
      madeAt = Math.floor(now / 1000)
      text = new Date(now).toUTCString()
    }
    return text
  }
}
