import { printable } from '../../../src/platform/printable.ts'
import type { paths } from './schema.d.ts'

type Method = 'get' | 'post' | 'put' | 'delete'
/** The paths of the API that have a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: object } ? P : never
}[keyof paths]
type Operation<P extends keyof paths, M extends Method> = paths[P][M]
type Ok<R> = R extends { 200: infer A }
  ? A
  : R extends { 201: infer A }
    ? A
    : R extends { 202: infer A }
      ? A
      : unknown
/** What the API answers when all is well. */
export type Answer<P extends keyof paths, M extends Method = 'get'> =
  Operation<P, M> extends { responses: infer R }
    ? Ok<R> extends { content: { 'application/json': infer Body } }
      ? Body
      : undefined
    : never
type Part<P extends keyof paths, M extends Method, K extends 'query' | 'path'> =
  Operation<P, M> extends { parameters: infer All }
    ? All extends { [Key in K]?: infer V }
      ? V
      : never
    : never
type Body<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: { content: { 'application/json': infer B } } } ? B : never

type Open<T> = { [K in keyof T]?: T[K] | undefined }

/** The parts of a request. The body and the query are as in the OpenAPI document; all of their keys may be left out here. */
export interface Asked<P extends keyof paths, M extends Method> {
  query?: Open<NonNullable<Part<P, M, 'query'>>>
  path?: Part<P, M, 'path'>
  body?: Open<NonNullable<Body<P, M>>>
  signal?: AbortSignal
}

/** A refusal of the API, or no answer. */
export class ApiError extends Error {
  override name = 'ApiError'
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Called when the API does not know who asks: the session is over. */
let onSignedOut = () => {}
export const whenSignedOut = (call: () => void): void => {
  onSignedOut = call
}

/** Reads from the API. @throws ApiError */
export const get = <P extends PathOf<'get'>>(path: P, asked: Asked<P, 'get'> = {}): Promise<Answer<P>> =>
  send('get', path, asked)
/** @throws ApiError */
export const post = <P extends PathOf<'post'>>(
  path: P,
  asked: Asked<P, 'post'> = {},
): Promise<Answer<P, 'post'>> => send('post', path, asked)
/** @throws ApiError */
export const put = <P extends PathOf<'put'>>(
  path: P,
  asked: Asked<P, 'put'> = {},
): Promise<Answer<P, 'put'>> => send('put', path, asked)
/** @throws ApiError */
export const remove = <P extends PathOf<'delete'>>(
  path: P,
  asked: Asked<P, 'delete'> = {},
): Promise<Answer<P, 'delete'>> => send('delete', path, asked)

/** The URL of a request: parameters of the path are encoded, and those of the query that are undefined are left out. */
export function urlOf(path: string, parameters: object = {}, query: object = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(Object(parameters)[name])))
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)] as [string, string]],
    ),
  )
  return search.size > 0 ? `${filled}?${search}` : filled
}

async function send<Result>(
  method: Method,
  path: string,
  {
    query,
    path: parameters,
    body,
    signal,
  }: { query?: object; path?: unknown; body?: object; signal?: AbortSignal },
): Promise<Result> {
  const answer = await fetching(urlOf(path, Object(parameters), query), {
    method: method.toUpperCase(),
    headers: {
      accept: 'application/json',
      // No page of another origin can send it without asking first, and we never allow it.
      ...(method !== 'get' && { 'x-tallyman-csrf': '1' }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  })
  const text = await answer.text().catch(noAnswer)
  if (!answer.ok) throw refusalOf(answer.status, text)
  try {
    return text === '' ? (undefined as Result) : JSON.parse(text)
  } catch {
    // Such as the login page of a proxy.
    throw new ApiError(0, 'something else than Tallyman answered')
  }
}

/** As `fetch`. @throws ApiError if there is no answer */
export const fetching = (url: string, options: RequestInit): Promise<Response> =>
  fetch(url, options).catch(noAnswer)

/** The connection was refused, or was cut before the answer was whole. */
function noAnswer(error: Error): never {
  if (error.name === 'AbortError') throw error
  throw new ApiError(0, 'Tallyman does not answer')
}

/** What an answer that is not 2xx means. */
export function refusalOf(status: number, text: string): ApiError {
  if (status === 401) onSignedOut()
  return new ApiError(status, printable(detailOf(text) ?? `Tallyman answered ${status}`))
}

/** The sentence of a problem document (RFC 9457). */
export function detailOf(text: string): string | undefined {
  try {
    const { detail } = JSON.parse(text)
    return typeof detail === 'string' ? detail : undefined
  } catch {
    return undefined
  }
}
