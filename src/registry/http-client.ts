import type { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import { type Answer, makeAnswer } from './answer.ts'
import { networkError } from './network-error.ts'

/** One HTTP request, as it is sent. */
export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  url: URL
  /** Names the request in errors: `PUT manifest team/app:v1`. */
  operation: string
  headers?: Record<string, string>
  body?: Buffer | Readable | string
  /** How long to wait for the headers of the answer, in ms. 30,000 by default. */
  timeoutMs?: number
}

/** For requests that walk or copy the registry's storage before they are answered: minutes on S3 or Swift. */
export const LONG_TIMEOUT_MS = 300_000

export interface HttpClient {
  /** Sends one request, without redirects, retries and authentication. @throws RegistryError without an answer */
  send(request: HttpRequest): Promise<Answer>
  close(): Promise<void>
}

/**
 * The only place that uses the network. The number of connections has no limit: a copy holds one connection to read and
 * needs another one to write, so a full pool of connections would block for ever.
 */
export function makeHttpClient(options: { registry: string; userAgent: string }): HttpClient {
  const agent = new Agent({
    connect: { timeout: 5_000 },
    bodyTimeout: 60_000,
    allowH2: false, // Streams of many GB need a TCP window of their own.
  })
  return {
    async send({ method, url, operation, headers, body, timeoutMs }) {
      const label = { registry: options.registry, operation }
      try {
        const response = await request(url, {
          dispatcher: agent,
          method,
          headers: { 'user-agent': options.userAgent, ...headers },
          body: body ?? null,
          headersTimeout: timeoutMs ?? 30_000,
        })
        return makeAnswer(response, url, label)
      } catch (error) {
        throw networkError(error, label)
      }
    },
    close: () => agent.destroy(),
  }
}
