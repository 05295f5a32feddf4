import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { makeAuthorizer } from './authorizer.ts'
import { budgetOf } from './budget.ts'
import { type Credential, findCredential } from './credential.ts'
import { type HttpRequest, makeHttpClient, type Reach } from './http-client.ts'
import { LIMITS, type Limits } from './limits.ts'
import { pauseAfter } from './quick-retry.ts'
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
  /** Requests begun in a second at its host, by all clients together. No limit by default. */
  requestsPerSecond?: number | undefined
  /** Others than `LIMITS`. */
  limits?: Partial<Limits>
}

/** One request to the registry. */
export interface RegistryRequest extends Omit<HttpRequest, 'url' | 'operation' | 'timeoutMs' | 'body'> {
  /** Names what it is about in errors: `manifest team/app:v1`. */
  resource: string
  /** A path below the registry's URL, or an absolute URL that the registry named. */
  url: string
  /** Token scopes, `repository:team/app:pull`. */
  scopes: string[]
  /** The statuses to return. Any other is thrown as a RegistryError. */
  statuses: number[]
  /** A function opens a stream. It is called again if the registry answers 401, and wants another token first. */
  body?: Buffer | string | (() => Promise<Readable>)
  /** `LIMITS.answerMs` by default. */
  timeoutMs?: number
}

export interface Transport {
  /** The path of the registry's URL, without a slash at its end; usually empty. */
  readonly prefix: string
  readonly limits: Limits
  send(request: RegistryRequest): Promise<Answer>
  /** An error about a request that was not sent. */
  error(operation: string, reason: string, facts?: { retry: boolean }): RegistryError
  close(): Promise<void>
}

const REDIRECTS = [301, 302, 303, 307, 308]
const MOST_REDIRECTS = 4

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
  const budget = budgetOf(host, {
    perSecond: options.requestsPerSecond,
    atOnce: limits.requestsAtOnce,
  })
  const error = (operation: string, reason: string, facts?: { retry: boolean }) =>
    new RegistryError({ registry, operation, reason, ...facts })
  const configured: Credential | undefined = options.credentials && {
    kind: 'password',
    ...options.credentials,
  }
  const authorizer = makeAuthorizer({
    findCredential: async () =>
      configured ??
      // A helper asks others, which may answer later.
      (await findCredential(host).catch((cause: Error) =>
        Promise.reject(error('login', cause.message, { retry: true })),
      )),
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
      const body = typeof request.body === 'function' ? await request.body() : request.body
      const sent = { method: request.method, operation, url, headers, timeoutMs }
      const send = () => httpClient.send(body === undefined ? sent : { ...sent, body })
      const isOurs = url.origin === origin
      const answer = await (!isOurs
        ? send()
        : body instanceof Readable
          ? budget.inTurn(send)
          : budget.withPlace(send))
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

  /** A proxy whose registry is away answers 404 in text. Registries answer in JSON. */
  const failureOf = (answer: Answer): Promise<RegistryError> =>
    answer.statusError(
      undefined,
      answer.status === 404 &&
        answer.url.origin === origin &&
        answer.header('content-type')?.startsWith('text/') === true,
    )

  /** Sends a request, and once more with a new Authorization header if the registry answers 401. */
  async function attempt(request: RegistryRequest): Promise<Answer> {
    const sent = await inTime(request, authorizer.header(request.scopes))
    const answer = await follow(request, sent)
    if (request.statuses.includes(answer.status)) return answer
    const failure = await failureOf(answer)
    const challenge = answer.header('www-authenticate')
    if (answer.status !== 401 || answer.url.origin !== origin || challenge === undefined) throw failure
    const header = await inTime(request, authorizer.headerAfter401(challenge, request.scopes, sent))
    if (header === undefined || header === sent) throw failure
    const second = await follow(request, header)
    if (request.statuses.includes(second.status)) return second
    throw await failureOf(second)
  }

  async function send(request: RegistryRequest): Promise<Answer> {
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(request)
      } catch (failure) {
        const pause = isRetried(request) ? pauseAfter(failure, retries, limits.longestWaitMs) : undefined
        // All clients of the host wait, not only this request.
        if (failure instanceof RegistryError && (failure.retryAfter ?? 0) <= limits.longestWaitMs)
          budget.pause(failure.retryAfter ?? 0)
        if (pause === undefined) throw failure
        await sleep(pause)
      }
    }
  }

  async function close(): Promise<void> {
    budget.leave()
    await httpClient.close()
  }

  return { prefix, limits, send, error, close }
}

/** A quick retry of a stream needs to know what the registry has of it: see upload-api.ts. */
const isRepeatable = ({ body }: RegistryRequest): boolean => typeof body !== 'function'

/** A DELETE is not sent again after a pause: what it deletes may be new by then. Who asks for it looks again first. */
const isRetried = (request: RegistryRequest): boolean => request.method !== 'DELETE' && isRepeatable(request)
