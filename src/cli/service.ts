import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/schema'
import type { Proxies } from '../platform/dispatcher.ts'
import { VERSION } from '../platform/version.ts'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-statuses.ts'
import { parseJson } from './parse-json.ts'
import { refusalOf } from './refusal.ts'
import { type Method, makeSend, type Question } from './send.ts'

/** The HTTP API of a running Tallyman. Each function throws a CommandError for whatever goes wrong. */
export interface Service {
  /** Without a slash at its end. */
  url: string
  /** `silentMs`: how long the answer may take to begin, in ms. */
  get<S extends TSchema>(path: string, schema: S, silentMs?: number): Promise<Static<S>>
  /** A list that the API sends as a stream, one JSON value a line, as it arrives. With a body, it is asked for with POST. */
  lines<S extends TSchema>(path: string, schema: S, body?: object): AsyncGenerator<Static<S>>
  /** The same, those that arrived together at a time. */
  chunks<S extends TSchema>(path: string, schema: S, body?: object): AsyncGenerator<Static<S>[]>
  /** The whole of such a list. */
  getLines<S extends TSchema>(path: string, schema: S): Promise<Static<S>[]>
  post<S extends TSchema>(path: string, body: object, schema: S): Promise<Static<S>>
  put<S extends TSchema>(path: string, body: object, schema: S): Promise<Static<S>>
  delete<S extends TSchema>(path: string, schema: S): Promise<Static<S>>
}

/** Where a command finds the service. `urlFrom` and `tokenFrom` say to people what to change. */
export interface Access {
  url: string
  urlFrom: string
  token: string
  tokenFrom: string
  /** Certificates to trust beside those of the system, in PEM. */
  ca?: string
  /** Where the service is asked over a proxy. */
  proxy?: Proxies
  /** How long an answer may take altogether, in ms; for ever, while something arrives, if left out. */
  deadlineMs?: number
}

const LINES = 'application/x-ndjson'

/** How long the service may say nothing while it makes a plan or a list, in ms: it may read from registries for a minute. */
export const LONG_MS = 120_000

export function makeService(access: Access): Service {
  const { url } = access
  const send = makeSend(access)

  /** Sends a question and gives its answer, of which the body is to be read. */
  async function ask(method: Method, path: string, question: Question) {
    requireNames(path)
    const answer = await send(method, path, question)
    if (answer.status >= 300) throw await refusalOf(answer, access, () => versionNote(path))
    return answer
  }

  async function askJson<S extends TSchema>(
    schema: S,
    method: Method,
    path: string,
    question: Question = {},
  ): Promise<Static<S>> {
    const { asked, type, text } = await ask(method, path, question)
    return checked(schema, parseJson(await text()), { asked, type, path })
  }

  async function* chunks<S extends TSchema>(
    path: string,
    schema: S,
    sent?: object,
  ): AsyncGenerator<Static<S>[]> {
    const question = { accept: LINES, silentMs: LONG_MS, ...(sent && { body: sent }) }
    const { asked, type, pieces } = await ask(sent === undefined ? 'GET' : 'POST', path, question)
    let rest = ''
    for await (const piece of pieces()) {
      const parts = (rest + piece).split('\n')
      rest = parts.pop() ?? ''
      const about = { asked, type, path }
      yield await Promise.all(parts.map((line) => checked(schema, parseJson(line), about)))
    }
  }

  async function* lines<S extends TSchema>(path: string, schema: S, sent?: object) {
    for await (const chunk of chunks(path, schema, sent)) yield* chunk
  }

  /** @throws CommandError if the answer does not match */
  async function checked<S extends TSchema>(
    schema: S,
    value: unknown,
    { asked, type, path }: { asked: string; type: string; path: string },
  ): Promise<Static<S>> {
    if (Check(schema, value)) return value
    if (value === undefined && !/json/.test(type))
      throw new CommandError(
        `${asked}: the answer is ${type || 'of no type'}, not JSON: this is not Tallyman, but a proxy or a login page, say`,
      )
    // Only now: it is as much again to load as all that the check needs.
    const { Value } = await import('typebox/value')
    const [first] = Value.Errors(schema, value)
    const what = first ? `${first.instancePath || 'it'} ${first.message}` : 'it does not match'
    throw new CommandError(
      `${asked}: this version of tallyman cannot read the answer (${what})`,
      ...(await versionNote(path)),
    )
  }

  /** Says that the service is of another version, if it is: that explains what cannot be understood. */
  async function versionNote(path: string): Promise<string[]> {
    if (path === WHOAMI) return []
    const { text, status } = await send('GET', WHOAMI, { silentMs: 5_000 })
    const { version } = Object(status === 200 ? parseJson(await text()) : undefined)
    return typeof version !== 'string' || version === VERSION
      ? []
      : [`This is tallyman ${VERSION}, and the service is ${version}: use the command of the same version.`]
  }

  return {
    url,
    get: (path, schema, silentMs) => askJson(schema, 'GET', path, silentMs === undefined ? {} : { silentMs }),
    lines,
    chunks,
    getLines: (path, schema) => Array.fromAsync(lines(path, schema)),
    post: (path, body, schema) => askJson(schema, 'POST', path, { body }),
    put: (path, body, schema) => askJson(schema, 'PUT', path, { body }),
    delete: (path, schema) => askJson(schema, 'DELETE', path),
  }
}

const WHOAMI = '/v1/whoami'

/** A URL has no segments `.` and `..`: what a command names so would become another path. @throws CommandError */
function requireNames(path: string): void {
  const [dots] = (/^[^?]*/.exec(path)?.[0] ?? '').split('/').filter((one) => one === '.' || one === '..')
  if (dots !== undefined) throw new CommandError(`expected a name, got "${dots}"`).as(EXIT.usage)
}
