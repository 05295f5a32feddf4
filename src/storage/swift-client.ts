import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../registry/answer.ts'
import { type HttpRequest, makeHttpClient, type Reach } from '../registry/http-client.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { logInToSwift, type SwiftLogin, type SwiftSession } from './swift-login.ts'

export interface SwiftClientOptions extends SwiftLogin {
  /** The registry's name in errors. */
  registry: string
  /** Directly, and with the CAs of Node, by default. */
  reach?: Reach | undefined
  /** Before the first, second and third repetition of a request, in ms. */
  pauses?: readonly number[]
}

export interface SwiftRequest extends Pick<HttpRequest, 'method' | 'headers' | 'body'> {
  /** What it is about, in errors: `the object a/b`. */
  subject: string
  /** Below the account: `container/object`, each part of it encoded; or a function of the account's URL. */
  path: string | ((account: string) => string)
  query?: Record<string, string>
  /** The statuses that `read` gets. Any other is thrown. */
  statuses: number[]
}

/** The time for a whole answer in ms: a page of a list, a bulk delete. */
const ANSWER_MS = 60_000

const PAUSES = [200, 1_000, 4_000]
const LONGEST_WAIT_MS = 30_000

/** Swift's own middleware for rates answers so. */
const RATE_LIMITED = 498

/**
 * Sends requests to an account of Swift. Each request may be sent again: after a 5xx, a lost connection or no answer in time,
 * three times; after a 401 once, with a new token. Requests that get a 401 at the same time share one login.
 */
export function makeSwiftClient({ registry, reach, pauses = PAUSES, ...login }: SwiftClientOptions) {
  const http = makeHttpClient({
    ...{ registry, userAgent: 'tallyman', reach: reach ?? {} },
    blobRate: { bytes: 1, ms: ANSWER_MS },
  })
  let session: Promise<SwiftSession> | undefined

  /** The session; another one than `refused`. */
  function sessionAfter(refused?: Promise<SwiftSession>): Promise<SwiftSession> {
    if (session !== undefined && session !== refused) return session
    const begun = logInToSwift(login, { http, registry, timeoutMs: ANSWER_MS })
    session = begun
    begun.catch(() => {
      if (session === begun) session = undefined
    })
    return begun
  }

  async function sendWith({ token, url: account }: SwiftSession, request: SwiftRequest): Promise<Answer> {
    const { method, subject, path, query = {}, headers, body } = request
    const url = new URL(typeof path === 'string' ? `${account}/${path}` : path(account))
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
    return http.send({
      ...{ method, url, operation: `${method} ${subject}`, timeoutMs: ANSWER_MS },
      headers: { ...headers, 'x-auth-token': token },
      ...(body !== undefined && { body }),
    })
  }

  async function attempt<T>(request: SwiftRequest, read: (answer: Answer) => Promise<T>): Promise<T> {
    const used = sessionAfter()
    let answer = await sendWith(await used, request)
    if (answer.status === 401) {
      await answer.discard()
      answer = await sendWith(await sessionAfter(used), request)
    }
    if (request.statuses.includes(answer.status)) return read(answer)
    throw await answer.statusError(undefined, answer.status === RATE_LIMITED)
  }

  return {
    /** @throws RegistryError, also from the login */
    async send<T>(request: SwiftRequest, read: (answer: Answer) => Promise<T>): Promise<T> {
      for (let retries = 0; ; retries++) {
        try {
          return await attempt(request, read)
        } catch (error) {
          const pause = pauses[retries]
          if (pause === undefined || !(error instanceof RegistryError) || !error.retry) throw error
          await sleep(Math.max(pause, Math.min(error.retryAfter ?? 0, LONGEST_WAIT_MS)))
        }
      }
    },
    error: (operation: string, reason: string) => new RegistryError({ registry, operation, reason }),
  }
}
export type SwiftClient = ReturnType<typeof makeSwiftClient>

/** Reads an answer that has no body, or none that matters. */
export async function headersOf(answer: Answer): Promise<Answer> {
  await answer.discard()
  return answer
}

/** A path as it stands in a URL. @throws RangeError for a name that no URL can hold */
export function encodePath(path: string): string {
  const parts = path.split('/')
  if (parts.some((part) => part === '.' || part === '..'))
    throw new RangeError(`no URL can hold the name of this object: ${JSON.stringify(path)}`)
  return parts.map(encodeURIComponent).join('/')
}
