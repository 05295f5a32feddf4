import { Readable } from 'node:stream'
import { request } from 'undici'
import { makeDispatcher, type Proxies, type Tls } from '../platform/dispatcher.ts'
import { type Answer, makeAnswer } from './answer.ts'
import { makeDeadline } from './deadline.ts'
import { paced, type Rate } from './minimum-rate.ts'
import { networkError } from './network-error.ts'

/** One HTTP request, as it is sent. */
export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  url: URL
  /** Names the request in errors: `PUT manifest team/app:v1`. */
  operation: string
  headers?: Record<string, string>
  body?: Buffer | Readable | string
  /**
   * The time for the whole answer, headers and body, in ms. If the request has a stream as its body, it begins at the end
   * of that. An answer that is read as a stream must begin within this time.
   */
  timeoutMs: number
}

/** How a registry is reached. */
export interface Reach {
  proxy?: Proxies | undefined
  tls?: Tls | undefined
}

export interface HttpClient {
  /** Sends one request, without redirects, retries and authentication. @throws RegistryError without an answer */
  send(request: HttpRequest): Promise<Answer>
  close(): Promise<void>
}

/**
 * The only place that uses the network. The number of connections has no limit: a copy holds one connection to read and
 * needs another one to write, so a full pool of connections would block for ever.
 */
export function makeHttpClient(options: {
  registry: string
  userAgent: string
  /** The least rate at which the registry takes a stream. */
  blobRate: Rate
  reach: Reach
}): HttpClient {
  const dispatcher = makeDispatcher(options.reach, {
    // Every request has a deadline or a minimum rate instead. These two start again with each byte.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false, // Streams of many GB need a TCP window of their own.
  })
  return {
    async send({ method, url, operation, headers, body, timeoutMs }) {
      const label = { registry: options.registry, operation }
      const deadline = makeDeadline(timeoutMs, label)
      // Unless the buffers are full, the source is slow, and not the registry.
      const sent =
        body instanceof Readable
          ? paced(body, options.blobRate, label, (stream) => !stream.writableNeedDrain)
          : (body ?? null)
      if (sent instanceof Readable) sent.once('end', deadline.start)
      else deadline.start()
      try {
        const response = await request(url, {
          dispatcher,
          method,
          headers: { 'user-agent': options.userAgent, ...headers },
          body: sent,
          signal: deadline.signal,
          // undici closes a connection after each HEAD, since some servers send a body. A registry gets thousands of them.
          ...(method === 'HEAD' && { reset: false }),
        })
        response.body.once('close', deadline.stop)
        return makeAnswer(response, url, label, deadline)
      } catch (error) {
        deadline.stop()
        throw networkError(error, label)
      }
    },
    close: () => dispatcher.destroy(),
  }
}
