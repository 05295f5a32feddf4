import { type Dispatcher, fetch } from 'undici'
import { ChannelError } from '../channel-error.ts'

const TIMEOUT_MS = 10_000

/**
 * Posts JSON to a channel and expects a 2xx. Does not follow redirects, so an alert goes nowhere else. Does not read
 * the body of the answer, so its size does not matter. @throws ChannelError
 */
export async function postJson(options: {
  channel: string
  url: URL
  json: string
  /** Sends the request, perhaps over a proxy. Default: directly. */
  dispatcher?: Dispatcher | undefined
  headers?: Record<string, string>
}): Promise<void> {
  const { channel, url, json, dispatcher, headers } = options
  const where = `channel ${channel} at ${url.host}`
  const response = await fetch(url, {
    method: 'POST',
    ...(dispatcher && { dispatcher }),
    body: json,
    headers: { 'content-type': 'application/json', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new ChannelError(`${where}: ${reason(error)}`, { channel, status: undefined, retry: true })
  })
  await response.body?.cancel().catch(() => undefined)
  const { ok, status } = response
  const retry = status >= 500 || status === 408 || status === 429
  if (!ok) throw new ChannelError(`${where} answered ${status}`, { channel, status, retry })
}

/**
 * The status with which the host of a channel answers a HEAD of its root: nothing is posted, and the path, which is a secret,
 * is not sent. @throws ChannelError if there is no answer
 */
export async function reachHost({
  channel,
  url,
  dispatcher,
}: {
  channel: string
  url: URL
  dispatcher?: Dispatcher | undefined
}): Promise<number> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const { status } = await fetch(new URL('/', url), {
    method: 'HEAD',
    redirect: 'manual',
    signal,
    ...(dispatcher && { dispatcher }),
  }).catch((error: unknown) => {
    const where = `channel ${channel} at ${url.host}`
    throw new ChannelError(`${where}: ${reason(error)}`, { channel, status: undefined, retry: true })
  })
  return status
}

const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED)/

/** A short reason such as ECONNREFUSED. Some messages of undici contain the whole URL, so none is used. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'the request failed'
  return UNTRUSTED.test(code) ? `${code}: name the certificate of its CA in NODE_EXTRA_CA_CERTS` : code
}
