import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { makeAuthorizer } from './authorizer.ts'
import { type Credential, findCredential } from './credential.ts'
import { type HttpRequest, makeHttpClient, type Reach } from './http-client.ts'
import { LIMITS, type Limits } from './limits.ts'
import { RegistryError } from './registry-error.ts'
import { fetchToken } from './token.ts'

export interface TransportOptions {
  /** The registry's name in errors. */
  name: string
  /** `https://host[:port]`, and the path before `/v2/` if there is one. */
  url: string
  /** By default the credential that `docker login` left. */
  credentials?: { username: string; password: string }
  userAgent?: string
  /** Also for its token server. Directly, and with the CAs of Node, by default. */
  reach?: Reach
  /** Others than `LIMITS`. */
  limits?: Partial<Limits>
}

/** One request to the registry. */
export interface RegistryRequest extends Omit<HttpRequest, 'url' | 'operation' | 'timeoutMs'> {
  /** Names what it is about in errors: `manifest team/app:v1`. */
  resource: string
  /** A path below the registry's URL, or an absolute URL that the registry named. */
  url: string
  /** Token scopes, `repository:team/app:pull`. */
  scopes: string[]
  /** The statuses to return. Any other is thrown as a RegistryError. */
  statuses: number[]
  /** `LIMITS.answerMs` by default. */
  timeoutMs?: number
}

export interface Transport {
  /** The path of the registry's URL, without a slash at its end; usually empty. */
  readonly prefix: string
  readonly limits: Limits
  send(request: RegistryRequest): Promise<Answer>
  /** An error about a request that was not sent. */
  error(operation: string, reason: string): RegistryError
  close(): Promise<void>
}

const REDIRECTS = [301, 302, 303, 307, 308]
const MOST_REDIRECTS = 4
const QUICK_RETRY_STATUS = [429, 502, 503, 504]
/** The pauses before the first and the second quick retry, in ms. BullMQ does the later ones. */
const PAUSES = [200, 800]
const LONGEST_PAUSE = 5_000

/** How long a DELETE may wait for its token, in ms. Who asks for it has looked at what it deletes before that. */
const TOKEN_MS = 1_000

/** Sends requests to one registry. Authenticates there and nowhere else, follows redirects, retries twice what deletes nothing. */
export function makeTransport(options: TransportOptions): Transport {
  const registry = options.name
  const limits = { ...LIMITS, ...options.limits }
  const { origin, host, pathname } = new URL(options.url)
  const prefix = pathname.replace(/\/$/, '')
  const httpClient = makeHttpClient({
    registry,
    userAgent: options.userAgent ?? 'tallyman',
    blobRate: limits.blobRate,
    reach: options.reach ?? {},
  })
  const error = (operation: string, reason: string) => new RegistryError({ registry, operation, reason })
  const configured: Credential | undefined = options.credentials && {
    kind: 'password',
    ...options.credentials,
  }
  const authorizer = makeAuthorizer({
    findCredential: async () =>
      configured ??
      (await findCredential(host).catch((cause: Error) => Promise.reject(error('login', cause.message)))),
    fetchToken: (challenge, scopes, credential) =>
      fetchToken(httpClient, { registry, origin, challenge, timeoutMs: limits.answerMs }, scopes, credential),
  })

  /** Sends a request and follows redirects. Only the registry's own origin gets the Authorization header. */
  async function follow(request: RegistryRequest, authorization: string | undefined): Promise<Answer> {
    const operation = `${request.method} ${request.resource}`
    const follows = request.method === 'GET' || request.method === 'HEAD'
    const { timeoutMs = limits.answerMs } = request
    let url = new URL(request.url.startsWith('/') ? prefix + request.url : request.url, origin)
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const auth = url.origin === origin && authorization !== undefined ? { authorization } : {}
      const headers = { ...request.headers, ...auth }
      const answer = await httpClient.send({ ...request, operation, url, headers, timeoutMs })
      const location = answer.header('location')
      if (!follows || !REDIRECTS.includes(answer.status) || location === undefined) return answer
      await answer.discard()
      if (!URL.canParse(location, url.href)) throw answer.error('it redirects to something that is not a URL')
      url = new URL(location, url)
    }
    throw error(operation, 'too many redirects')
  }

  /** @throws RegistryError if a DELETE has waited too long. The next attempt has the token. */
  async function inTime({ method, resource }: RegistryRequest, header: Promise<string | undefined>) {
    const askedAt = performance.now()
    const found = await header
    if (method !== 'DELETE' || performance.now() - askedAt <= TOKEN_MS) return found
    const reason = 'it was not sent, since its token took longer than a second'
    const operation = `${method} ${resource}`
    throw new RegistryError({ registry, operation, reason, codes: ['TOKEN_LATE'], retry: true })
  }

  /** Sends a request, and once more with a new Authorization header if the registry answers 401. */
  async function attempt(request: RegistryRequest): Promise<Answer> {
    const sent = await inTime(request, authorizer.header(request.scopes))
    const answer = await follow(request, sent)
    if (request.statuses.includes(answer.status)) return answer
    const failure = await answer.statusError()
    const challenge = answer.header('www-authenticate')
    if (answer.status !== 401 || answer.url.origin !== origin || challenge === undefined) throw failure
    const header = await inTime(request, authorizer.headerAfter401(challenge, request.scopes, sent))
    if (header === undefined || header === sent || !isRepeatable(request)) throw failure
    const second = await follow(request, header)
    if (request.statuses.includes(second.status)) return second
    throw await second.statusError()
  }

  async function send(request: RegistryRequest): Promise<Answer> {
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(request)
      } catch (failure) {
        const pause = isRetried(request) ? pauseAfter(failure, retries) : undefined
        if (pause === undefined) throw failure
        await sleep(pause)
      }
    }
  }

  return { prefix, limits, send, error, close: httpClient.close }
}

/** A stream can be sent only once. */
const isRepeatable = ({ body }: RegistryRequest): boolean =>
  body === undefined || typeof body === 'string' || Buffer.isBuffer(body)

/** A DELETE is not sent again after a pause: what it deletes may be new by then. Who asks for it looks again first. */
const isRetried = (request: RegistryRequest): boolean => request.method !== 'DELETE' && isRepeatable(request)

/** Milliseconds to wait before a quick retry. `undefined` if there should be none. */
function pauseAfter(failure: unknown, retries: number): number | undefined {
  const pause = PAUSES[retries]
  if (pause === undefined || !(failure instanceof RegistryError) || !failure.retry) return undefined
  const isQuick =
    failure.status === undefined
      ? !failure.codes.includes('ETIMEDOUT') // It has waited long enough already.
      : QUICK_RETRY_STATUS.includes(failure.status)
  const wait = Math.max(pause, failure.retryAfter ?? 0)
  return isQuick && wait <= LONGEST_PAUSE ? wait : undefined
}
