import { type Dispatcher, fetch, type Response } from 'undici'
import { readRetryAfter } from '../../platform/retry-after.ts'
import type { Check } from '../channel.ts'
import { ChannelError } from '../channel-error.ts'
import { connectionReason } from './connection-reason.ts'

const TIMEOUT_MS = 10_000

/** The shortest and the longest that a receiver can make a channel wait, in ms. Some ask for 0, again and again. */
const WAIT_MS = { least: 1_000, most: 3_600_000 }

/** How many bytes of an answer are read. */
const ANSWER_LIMIT = 64 * 1024

export interface Post {
  channel: string
  url: URL
  /** The body; none for a GET. */
  json?: string
  method?: 'POST' | 'PATCH' | 'PUT' | 'GET'
  /** Sends the request, perhaps over a proxy. Default: directly. */
  dispatcher?: Dispatcher | undefined
  headers?: Record<string, string>
  /** The wait in ms that the body of a refusal asks for, if the header `Retry-After` asks for none. */
  waitOf?: (answer: unknown) => number | undefined
}

/**
 * Posts JSON to a channel and expects a 2xx. Does not follow redirects, so an alert goes nowhere else. Does not read
 * the body of the answer, so its size does not matter. @throws ChannelError
 */
export async function postJson(post: Post): Promise<void> {
  const response = await accepted(post)
  await response.body?.cancel().catch(() => undefined)
}

/** Like `postJson`, and gives the JSON of the answer; `undefined` if it is lost, no JSON or longer than 64 KiB. @throws ChannelError */
export async function askJson(post: Post): Promise<unknown> {
  return jsonOf(await accepted(post))
}

/** Sends the request and gives the answer if its status is a 2xx. */
async function accepted(post: Post): Promise<Response> {
  const { channel, url, json, method = 'POST', dispatcher, headers, waitOf } = post
  const response = await fetch(url, {
    method,
    ...(dispatcher && { dispatcher }),
    ...(json !== undefined && { body: json }),
    headers: { 'content-type': 'application/json', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw unreachable(channel, url, error)
  })
  const { ok, status } = response
  if (ok) return response
  const told = waitOf?.(await jsonOf(response))
  await response.body?.cancel().catch(() => undefined)
  const retry = status >= 500 || status === 408 || status === 429
  const wait = readRetryAfter(response.headers.get('retry-after') ?? undefined) ?? told
  throw new ChannelError(`channel ${channel} at ${url.host} answered ${status}`, {
    ...{ channel, status, retry },
    retryAfterMs:
      retry && wait !== undefined ? Math.min(Math.max(wait, WAIT_MS.least), WAIT_MS.most) : undefined,
  })
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await beginningOf(response))
  } catch {
    return undefined
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > ANSWER_LIMIT) break
  }
  return Buffer.concat(chunks).toString()
}

/** A HEAD of the root of a host: nothing is posted, and the path, which is a secret, is not sent. Any answer will do. */
export const checkHost = ({
  channel,
  url,
  dispatcher,
}: {
  channel: string
  url: URL
  dispatcher?: Dispatcher | undefined
}): Check => ({
  tried: `HEAD ${url.origin}/`,
  async ask() {
    const { status } = await fetch(new URL('/', url), {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(dispatcher && { dispatcher }),
    }).catch((error: unknown) => {
      throw unreachable(channel, url, error)
    })
    return `the host answers (${status})`
  },
})

const unreachable = (channel: string, url: URL, error: unknown): ChannelError =>
  new ChannelError(`channel ${channel} at ${url.host}: ${reason(error)}`, {
    ...{ channel, status: undefined, retry: true },
  })

/** A short reason such as ECONNREFUSED. Some messages of undici contain the whole URL, so none is used. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  return connectionReason(error.cause) ?? 'the request failed'
}
