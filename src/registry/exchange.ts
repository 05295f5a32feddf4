import type { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import { type Answer, makeAnswer } from './answer.ts'
import { networkError } from './network-error.ts'

/** One HTTP request as it goes out. */
export interface Exchange {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  url: URL
  /** What it is for, in errors: `PUT manifest team/app:v1`. */
  operation: string
  headers?: Record<string, string>
  body?: Buffer | Readable | string
  /** Milliseconds to wait for the head of the answer, 30 s unless told. */
  patience?: number
}

/** For what a registry does by walking or copying its storage before it says a word, which takes minutes on S3 or Swift. */
export const LONG_PATIENCE = 300_000

export interface Exchanger {
  /** Sends this and nothing else: no redirect, no retry, no authentication. @throws RegistryError without an answer */
  exchange(exchange: Exchange): Promise<Answer>
  close(): Promise<void>
}

/**
 * The only place that touches the network. The number of connections has no bound of its own: a copy holds one for
 * reading while it needs another for writing, and a pool that runs out between the two never moves again.
 */
export function makeExchanger(options: { registry: string; userAgent: string }): Exchanger {
  const agent = new Agent({
    connect: { timeout: 5_000 },
    bodyTimeout: 60_000,
    allowH2: false, // streams of many GB want a TCP window of their own
  })
  return {
    async exchange({ method, url, operation, headers, body, patience }) {
      const about = { registry: options.registry, operation }
      try {
        const response = await request(url, {
          dispatcher: agent,
          method,
          headers: { 'user-agent': options.userAgent, ...headers },
          body: body ?? null,
          headersTimeout: patience ?? 30_000,
        })
        return makeAnswer(response, url, about)
      } catch (error) {
        throw networkError(error, about)
      }
    },
    close: () => agent.destroy(),
  }
}
