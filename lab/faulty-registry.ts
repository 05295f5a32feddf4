import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { type LabRegistry, type LabRegistryOptions, startRegistry } from './registry.ts'

export interface RegistryRequest {
  method: string
  /** Path and query. */
  path: string
}

/** How a request fails. A number is an HTTP status that the proxy answers without asking the registry. */
export type Fault =
  | number
  /** The same, with an OCI code, or with a Retry-After header, in seconds. */
  | { status: number; code?: string; retryAfter?: number }
  /** The connection breaks once the registry has so many bytes of the request's body. */
  | { takes: number }
  /** The connection breaks once so many bytes of the answer's body are sent. */
  | { sends: number }
  /** The registry carries out the request, and its answer gets another status or other headers. */
  | { bends: { status?: number; headers?: OutgoingHttpHeaders } }
  /** The connection breaks before the registry gets the request. */
  | 'drop'
  /** The registry carries out the request, and the connection breaks before the answer. */
  | 'drop answer'
  /** The connection breaks within the body of the answer. */
  | 'cut answer'

export interface FaultyRegistry {
  readonly url: string
  /** That of the registry. */
  readonly folder: string
  /** Every request since the last `reset`, as `GET /v2/…`. */
  readonly requests: string[]
  /** Calls `decide` before each request. It may also change the registry first. */
  onRequest(decide: (request: RegistryRequest) => Fault | undefined | Promise<Fault | undefined>): void
  /** Clears `requests`, and lets every request pass again. */
  reset(): void
  close(): Promise<void>
}

/** A real docker-registry behind a proxy that makes requests fail. */
export const startFaultyRegistry = async (options: LabRegistryOptions = {}): Promise<FaultyRegistry> =>
  startFaultyProxy(await startRegistry(options))

/** Such a proxy before a registry, which it closes with itself. */
export async function startFaultyProxy(registry: LabRegistry): Promise<FaultyRegistry> {
  const requests: string[] = []
  let decide: (request: RegistryRequest) => Fault | undefined | Promise<Fault | undefined> = () => undefined
  const server = createServer(async (incoming, response) => {
    const { method = '', url: path = '' } = incoming
    requests.push(`${method} ${path}`)
    const fault = await decide({ method, path })
    if (fault === 'drop') incoming.socket.destroy()
    else if (typeof fault === 'number') refuse(response, { status: fault })
    else if (typeof fault === 'object' && 'status' in fault) refuse(response, fault)
    else forward(registry, incoming, response, fault)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    folder: registry.folder,
    requests,
    onRequest(next) {
      decide = next
    },
    reset() {
      requests.length = 0
      decide = () => undefined
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await registry.close()
    },
  }
}

function refuse(
  response: ServerResponse,
  {
    status,
    code = status === 401 ? 'UNAUTHORIZED' : 'UNKNOWN',
    retryAfter,
  }: Extract<Fault, { status: number }>,
): void {
  const headers: OutgoingHttpHeaders = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ errors: [{ code, message: 'as the test says' }] }))
}

/** Keeps the Host header, so that the registry's Location headers lead to the proxy. */
function forward(
  registry: LabRegistry,
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Exclude<Fault, number | 'drop' | { status: number }> | undefined,
): void {
  const { method, url, headers } = incoming
  const outgoing = request(
    `${new URL(registry.url).origin}${url}`,
    { method: method ?? 'GET', headers },
    (answer) => {
      if (fault === 'drop answer') {
        answer.resume().on('end', () => incoming.socket.destroy())
        return
      }
      const { status = answer.statusCode ?? 502, headers = {} } =
        typeof fault === 'object' && 'bends' in fault ? fault.bends : {}
      response.writeHead(status, { ...answer.headers, ...headers })
      // The registry may send a status and break off before the body.
      response.flushHeaders()
      answer.once('close', () => answer.complete || incoming.socket?.destroy())
      if (typeof fault === 'object' && 'sends' in fault)
        pipeUpTo(answer, response, fault.sends, () => {
          incoming.socket.destroy()
          answer.destroy()
        })
      else if (fault === 'cut answer')
        answer.once('data', (chunk: Buffer) => {
          response.write(chunk.subarray(0, chunk.length / 2), () => incoming.socket.destroy())
          answer.destroy()
        })
      else answer.pipe(response)
    },
  )
  outgoing.on('error', () => incoming.socket.destroy())
  if (typeof fault === 'object' && 'takes' in fault)
    pipeUpTo(incoming, outgoing, fault.takes, () => {
      // What was written reaches the registry first.
      outgoing.destroy()
      incoming.socket.destroy()
    })
  else incoming.pipe(outgoing)
}

/** Pipes at most `limit` bytes, and then calls `then`, once they are written. Content that is shorter is piped whole. */
function pipeUpTo(from: Readable, to: Writable, limit: number, then: () => void): void {
  let left = limit
  from.on('data', (chunk: Buffer) => {
    if (left <= 0) return
    left -= chunk.length
    if (left > 0) to.write(chunk)
    else to.write(chunk.subarray(0, chunk.length + left), () => setTimeout(then, 20))
  })
  from.on('end', () => left > 0 && to.end())
}
