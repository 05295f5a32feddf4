import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { request } from 'undici'
import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import { CommandError } from './command-error.ts'

/** A running Tallyman, asked over HTTP with the admin token. Whatever goes wrong is a CommandError. */
export interface Service {
  get<S extends TSchema>(path: string, schema: S): Promise<Static<S>>
  post<S extends TSchema>(path: string, body: object, schema: S): Promise<Static<S>>
  delete<S extends TSchema>(path: string, schema: S): Promise<Static<S>>
}

/** Reads where the service is and its token from the configuration that it runs with; `url` says where else it is. */
export async function findService(env: NodeJS.ProcessEnv, url: string | undefined): Promise<Service> {
  const file = env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
  const { server } = await loadConfig(file, env).catch((error) => {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(`${error.message}\nAnother file: TALLYMAN_CONFIG.`)
  })
  if (url === undefined && server.port === 0)
    throw new CommandError(`${file} has server.port 0, which may be any: say --url http://HOST:PORT`)
  return makeService({ url: url ?? addressOf(server), token: server.adminToken, file })
}

/** Where one reaches what listens on `host`; an address that stands for every interface is reached on loopback. */
export function addressOf({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function makeService({ url, token, file }: { url: string; token: string; file: string }): Service {
  const base = url.replace(/\/+$/, '')
  if (!/^https?:$/.test(URL.parse(base)?.protocol ?? ''))
    throw new CommandError(`--url: expected an http or https URL, got ${JSON.stringify(url)}`, 2)

  async function ask<S extends TSchema>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: object | undefined,
    schema: S,
  ): Promise<Static<S>> {
    const asked = `${method} ${base}${path}`
    const answer = await request(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
    }).catch((error) => {
      throw new CommandError(
        `${asked}: no answer (${error.code ?? error.message}). Is Tallyman running? ` +
          `Where it is comes from server.host and server.port of ${file}, or from --url.`,
      )
    })
    const text = await answer.body.text()
    const value = parsed(text)
    if (answer.statusCode >= 300) throw new CommandError(`${asked}: ${answer.statusCode} ${detailOf(value)}`)
    if (!Value.Check(schema, value)) {
      const [first] = Value.Errors(schema, value)
      const what = first ? `${first.instancePath || 'it'} ${first.message}` : 'it does not match'
      throw new CommandError(`${asked}: not an answer that this version of tallyman knows (${what})`)
    }
    return value
  }

  return {
    get: (path, schema) => ask('GET', path, undefined, schema),
    post: (path, body, schema) => ask('POST', path, body, schema),
    delete: (path, schema) => ask('DELETE', path, undefined, schema),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The sentence of a problem document (RFC 9457). */
function detailOf(value: unknown): string {
  const isProblem = typeof value === 'object' && value !== null && 'detail' in value
  return isProblem ? String(value.detail) : 'and no reason given: is it Tallyman that answers there?'
}
