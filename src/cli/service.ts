import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { request } from 'undici'
import { ConfigError } from '../config/config-error.ts'
import { loadServer } from '../config/load.ts'
import { CommandError } from './command-error.ts'

/** The HTTP API of a running Tallyman. Each function throws a CommandError for whatever goes wrong. */
export interface Service {
  /** Without a slash at its end. */
  url: string
  /** `silentMs`: how long the answer may take to begin, in ms. */
  get<S extends TSchema>(path: string, schema: S, silentMs?: number): Promise<Static<S>>
  /** A list that the API sends as a stream, one JSON value a line, as it arrives. With a body, it is asked for with POST. */
  lines<S extends TSchema>(path: string, schema: S, body?: object): AsyncGenerator<Static<S>>
  /** The whole of such a list. */
  getLines<S extends TSchema>(path: string, schema: S): Promise<Static<S>[]>
  post<S extends TSchema>(path: string, body: object, schema: S): Promise<Static<S>>
  put<S extends TSchema>(path: string, body: object, schema: S): Promise<Static<S>>
  delete<S extends TSchema>(path: string, schema: S): Promise<Static<S>>
}

/** Where a command finds the service. `urlFrom` and `tokenFrom` say to people what to change. */
interface Access {
  url: string
  urlFrom: string
  token: string
  tokenFrom: string
}

/**
 * The address is `url`, which has no slash at its end, and the token is `TALLYMAN_TOKEN`. What is not given comes from the
 * configuration that the service runs with: its address and its admin token. Its other sections may be wrong: in an emergency
 * a command must reach the service.
 */
export async function findService(env: NodeJS.ProcessEnv, url: string | undefined): Promise<Service> {
  const given = {
    ...(url !== undefined && { url, urlFrom: '--url' }),
    ...(env.TALLYMAN_TOKEN && { token: tokenIn(env.TALLYMAN_TOKEN), tokenFrom: 'TALLYMAN_TOKEN' }),
  }
  if (isComplete(given)) return makeService(given)
  const file = env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
  const server = await loadServer(file, env).catch((error) => {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(
      ...error.message.split('\n'),
      'Set TALLYMAN_CONFIG to use another file. With --url and TALLYMAN_TOKEN no configuration is needed.',
    )
  })
  if (url === undefined && server.port === 0)
    throw new CommandError(
      `server.port in ${file} is 0, which stands for any free port: give the address with --url http://HOST:PORT`,
    )
  return makeService({
    ...{ url: addressOf(server), urlFrom: `server.host and server.port of ${file}, or from --url` },
    ...{ token: server.adminToken, tokenFrom: `server.adminToken of ${file}` },
    ...given,
  })
}

const isComplete = (access: Partial<Access>): access is Access =>
  access.url !== undefined && access.token !== undefined

/** @throws CommandError if the text cannot be in a header */
function tokenIn(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new CommandError('TALLYMAN_TOKEN is no token: it has a space, a line break or a letter beyond ASCII')
}

/** The URL of a server that listens on `host`: on loopback if `host` stands for every interface. */
export function addressOf({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

const LINES = 'application/x-ndjson'

/** How long the service may say nothing while it makes a plan or a list, in ms: it may read from registries for a minute. */
export const LONG_MS = 120_000

interface Question {
  body?: object
  accept?: string
  silentMs?: number
}

function makeService(access: Access): Service {
  const { url } = access

  /** Sends a request and gives its answer, of which the body is to be read. `silentMs`: how long nothing may arrive. */
  async function send(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    { body, accept = 'application/json', silentMs = 30_000 }: Question = {},
  ) {
    const asked = `${method} ${url}${path}`
    const noAnswer = (error: NodeJS.ErrnoException) =>
      new CommandError(
        `${asked}: no answer (${error.code ?? error.message}). Is Tallyman running? Its address comes from ${access.urlFrom}.`,
      )
    const answer = await request(url + path, {
      method,
      headers: {
        ...{ authorization: `Bearer ${access.token}`, accept },
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: silentMs,
      bodyTimeout: silentMs,
    }).catch((error) => {
      throw noAnswer(error)
    })
    const text = () =>
      answer.body.text().catch((error) => {
        throw noAnswer(error)
      })
    const { statusCode } = answer
    if (statusCode >= 300)
      throw new CommandError(
        `${asked}: ${statusCode} ${detailOf(parseJson(await text()))}`,
        ...adviceOn(statusCode),
      )
    return { asked, text, body: answer.body, noAnswer }
  }

  /** What to do about an answer that refuses the token. */
  function adviceOn(status: number): string[] {
    if (status === 401) return [`The token comes from ${access.tokenFrom}, and the service has another.`]
    if (status === 403)
      return [
        `The token comes from ${access.tokenFrom}. Set TALLYMAN_TOKEN to one that the service asks for.`,
      ]
    return []
  }

  async function askJson<S extends TSchema>(schema: S, ...question: Parameters<typeof send>) {
    const { asked, text } = await send(...question)
    return checked(schema, parseJson(await text()), asked)
  }

  async function* lines<S extends TSchema>(
    path: string,
    schema: S,
    sent?: object,
  ): AsyncGenerator<Static<S>> {
    const question = { accept: LINES, silentMs: LONG_MS, ...(sent && { body: sent }) }
    const { asked, body, noAnswer } = await send(sent === undefined ? 'GET' : 'POST', path, question)
    let rest = ''
    try {
      for await (const chunk of body.setEncoding('utf8')) {
        const parts = (rest + chunk).split('\n')
        rest = parts.pop() ?? ''
        for (const line of parts) yield checked(schema, parseJson(line), asked)
      }
    } catch (error) {
      throw error instanceof CommandError ? error : noAnswer(error as Error)
    }
  }

  return {
    url,
    get: (path, schema, silentMs) => askJson(schema, 'GET', path, silentMs === undefined ? {} : { silentMs }),
    lines,
    getLines: (path, schema) => Array.fromAsync(lines(path, schema)),
    post: (path, body, schema) => askJson(schema, 'POST', path, { body }),
    put: (path, body, schema) => askJson(schema, 'PUT', path, { body }),
    delete: (path, schema) => askJson(schema, 'DELETE', path),
  }
}

/** @throws CommandError if the answer does not match */
function checked<S extends TSchema>(schema: S, value: unknown, asked: string): Static<S> {
  if (Value.Check(schema, value)) return value
  const [first] = Value.Errors(schema, value)
  const what = first ? `${first.instancePath || 'it'} ${first.message}` : 'it does not match'
  throw new CommandError(`${asked}: this version of tallyman cannot read the answer (${what})`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The detail of a problem document (RFC 9457). */
function detailOf(value: unknown): string {
  const isProblem = typeof value === 'object' && value !== null && 'detail' in value
  return isProblem ? String(value.detail) : 'without a reason: is it Tallyman that answers there?'
}
