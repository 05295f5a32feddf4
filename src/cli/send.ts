import type { Dispatcher } from 'undici'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-statuses.ts'
import type { Access } from './service.ts'

/** Hosts that are this machine: another one, such as a proxy, would ask itself there. */
const HERE = /^(localhost|127\.[\d.]+|\[::1\])$/

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Question {
  body?: object
  accept?: string
  /** How long nothing may arrive, in ms. */
  silentMs?: number
}

/** An answer, of which the body is to be read, once. */
export interface Answer {
  /** What was asked, for messages. */
  asked: string
  status: number
  /** The content type; empty if there is none. */
  type: string
  /** Where a redirect leads. */
  location: string | undefined
  text(): Promise<string>
  /** The body as it arrives. */
  pieces(): AsyncIterable<string>
}

export type Send = (method: Method, path: string, question?: Question) => Promise<Answer>

/** Sends requests to the service. @throws CommandError if there is no answer */
export function makeSend({ url, urlFrom, token, ca, proxy, deadlineMs }: Access): Send {
  const { hostname, protocol } = new URL(url)
  const used = HERE.test(hostname) ? undefined : proxy
  const over = protocol === 'https:' ? used?.https : used?.http
  let dispatcher: Dispatcher | undefined
  return async (method, path, { body, accept = 'application/json', silentMs = 30_000 } = {}) => {
    const asked = `${method} ${url}${path}`
    const noAnswer = (error: NodeJS.ErrnoException) =>
      new CommandError(
        `${asked}: no answer (${error.code ?? error.message}). Is Tallyman running? Its address comes from ${urlFrom}.`,
        ...adviceOn(error),
        // Not its user and password.
        ...(over === undefined
          ? []
          : [`It is asked over the proxy ${new URL(over).host}, unless NO_PROXY names ${hostname}.`]),
      ).as(EXIT.unreachable)
    // Only now: it takes a tenth of a second to load, and many commands end before.
    const { request } = await import('undici')
    const { makeDispatcher } = await import('../platform/dispatcher.ts')
    dispatcher ??= makeDispatcher({ proxy: used, tls: ca === undefined ? undefined : { ca } })
    const answer = await request(url + path, {
      method,
      dispatcher,
      ...(deadlineMs !== undefined && { signal: AbortSignal.timeout(deadlineMs) }),
      headers: {
        ...{ authorization: `Bearer ${token}`, accept },
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: silentMs,
      bodyTimeout: silentMs,
    }).catch((error) => {
      throw noAnswer(error)
    })
    const { 'content-type': type = '', location } = answer.headers
    return {
      ...{ asked, status: answer.statusCode, type: String(type), location: location?.toString() },
      text: () =>
        answer.body.text().catch((error) => {
          throw noAnswer(error)
        }),
      async *pieces() {
        try {
          yield* answer.body.setEncoding('utf8')
        } catch (error) {
          throw noAnswer(error as Error)
        }
      },
    }
  }
}

/** What to do if the certificate of the service is not trusted. */
function adviceOn({ code = '' }: NodeJS.ErrnoException): string[] {
  return /CERT|ISSUER|SIGNATURE/.test(code)
    ? ['If its certificate is of a private authority, give the certificate of that with --ca-file FILE.']
    : []
}
