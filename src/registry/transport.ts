import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { makeAuthorizer } from './authorizer.ts'
import { type Credential, findCredential } from './credential.ts'
import { type Exchange, makeExchanger } from './exchange.ts'
import { RegistryError } from './registry-error.ts'
import { fetchToken } from './token.ts'

export interface TransportOptions {
  /** As errors name the registry. */
  name: string
  /** `https://host[:port]` */
  url: string
  /** Unless given, what `docker login` left. */
  credentials?: { username: string; password: string }
  userAgent?: string
}

/** One request to the registry, and the statuses that are an answer to it; any other is thrown as RegistryError. */
export interface Call extends Omit<Exchange, 'url' | 'operation'> {
  /** `manifest team/app:v1` */
  what: string
  /** A path, or an absolute URL that the registry named. */
  url: string
  /** Token scopes, `repository:team/app:pull`. */
  scopes: string[]
  accept: number[]
}

export interface Transport {
  send(call: Call): Promise<Answer>
  /** An error about something that was not even sent. */
  error(operation: string, reason: string): RegistryError
  close(): Promise<void>
}

const REDIRECTS = [301, 302, 303, 307, 308]
const QUICK_RETRY_STATUS = [429, 502, 503, 504]
/** Milliseconds before the first and the second quick retry; longer ones are BullMQ's business. */
const PAUSES = [200, 800]
const LONGEST_PAUSE = 5_000

/** Requests to one registry: authenticated there and nowhere else, redirects followed, hiccups sat out. */
export function makeTransport(options: TransportOptions): Transport {
  const registry = options.name
  const { origin, host } = new URL(options.url)
  const exchanger = makeExchanger({ registry, userAgent: options.userAgent ?? 'tallyman' })
  const error = (operation: string, reason: string) => new RegistryError({ registry, operation, reason })
  const given: Credential | undefined = options.credentials && { kind: 'password', ...options.credentials }
  const authorizer = makeAuthorizer({
    findCredential: async () =>
      given ??
      (await findCredential(host).catch((cause: Error) => Promise.reject(error('login', cause.message)))),
    fetchToken: (challenge, scopes, credential) =>
      fetchToken(exchanger, { registry, origin, challenge }, scopes, credential),
  })

  /** The header goes to the registry's own origin; the storage behind a redirect or a Location gets none. */
  async function follow(call: Call, authorization: string | undefined): Promise<Answer> {
    const operation = `${call.method} ${call.what}`
    let url = new URL(call.url, origin)
    for (let hops = 0; hops < 5; hops++) {
      const own = url.origin === origin && authorization !== undefined ? { authorization } : {}
      const answer = await exchanger.exchange({
        ...call,
        operation,
        url,
        headers: { ...call.headers, ...own },
      })
      const location = answer.header('location')
      const follows = call.method === 'GET' || call.method === 'HEAD'
      if (!follows || !REDIRECTS.includes(answer.status) || location === undefined) return answer
      await answer.discard()
      if (!URL.canParse(location, url.href)) throw answer.error('redirected to no URL')
      url = new URL(location, url)
    }
    throw error(operation, 'too many redirects')
  }

  async function attempt(call: Call): Promise<Answer> {
    const sent = await authorizer.header(call.scopes)
    const answer = await follow(call, sent)
    if (call.accept.includes(answer.status)) return answer
    const refusal = await answer.refusal()
    const challenge = answer.header('www-authenticate')
    if (answer.status !== 401 || answer.url.origin !== origin || challenge === undefined) throw refusal
    const better = await authorizer.answer(challenge, call.scopes, sent)
    if (better === undefined || better === sent || !repeatable(call)) throw refusal
    const second = await follow(call, better)
    if (call.accept.includes(second.status)) return second
    throw await second.refusal()
  }

  async function send(call: Call): Promise<Answer> {
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(call)
      } catch (failure) {
        const pause = repeatable(call) ? pauseAfter(failure, retries) : undefined
        if (pause === undefined) throw failure
        await sleep(pause)
      }
    }
  }

  return { send, error, close: exchanger.close }
}

/** A stream can be read once. */
const repeatable = ({ body }: Call): boolean =>
  body === undefined || typeof body === 'string' || Buffer.isBuffer(body)

/** Milliseconds to wait before trying again; `undefined` if that is for others to do. */
function pauseAfter(failure: unknown, retries: number): number | undefined {
  const pause = PAUSES[retries]
  if (pause === undefined || !(failure instanceof RegistryError) || !failure.retry) return undefined
  const quick =
    failure.status === undefined
      ? !failure.codes.includes('UND_ERR_HEADERS_TIMEOUT') // that one has waited long enough
      : QUICK_RETRY_STATUS.includes(failure.status)
  const wait = Math.max(pause, failure.retryAfter ?? 0)
  return quick && wait <= LONGEST_PAUSE ? wait : undefined
}
