import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { request } from 'undici'
import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import { CommandError } from './command-error.ts'

/** The HTTP API of a running Tallyman. Each function throws a CommandError for whatever goes wrong. */
export interface Service {
  get<S extends TSchema>(path: string, schema: S): Promise<Static<S>>
  post<S extends TSchema>(path: string, body: object, schema: S): Promise<Static<S>>
  delete<S extends TSchema>(path: string, schema: S): Promise<Static<S>>
}

/**
 * Reads the address and the admin token of the service from the configuration that it runs with. A `url`, which has no
 * slash at its end, replaces the address.
 */
export async function findService(env: NodeJS.ProcessEnv, url: string | undefined): Promise<Service> {
  const file = env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
  const { server } = await loadConfig(file, env).catch((error) => {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(`${error.message}\nSet TALLYMAN_CONFIG to use another file.`)
  })
  if (url === undefined && server.port === 0)
    throw new CommandError(
      `server.port in ${file} is 0, which stands for any free port: give the address with --url http://HOST:PORT`,
    )
  return makeService({ url: url ?? addressOf(server), token: server.adminToken, file })
}

/** The URL of a server that listens on `host`: on loopback if `host` stands for every interface. */
export function addressOf({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function makeService({ url, token, file }: { url: string; token: string; file: string }): Service {
  async function ask<S extends TSchema>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: object | undefined,
    schema: S,
  ): Promise<Static<S>> {
    const asked = `${method} ${url}${path}`
    const { statusCode, text } = await request(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
    })
      .then(async ({ statusCode, body }) => ({ statusCode, text: await body.text() }))
      .catch((error) => {
        throw new CommandError(
          `${asked}: no answer (${error.code ?? error.message}). Is Tallyman running? ` +
            `Its address comes from server.host and server.port of ${file}, or from --url.`,
        )
      })
    const value = parseJson(text)
    if (statusCode >= 300) throw new CommandError(`${asked}: ${statusCode} ${detailOf(value)}`)
    if (!Value.Check(schema, value)) {
      const [first] = Value.Errors(schema, value)
      const what = first ? `${first.instancePath || 'it'} ${first.message}` : 'it does not match'
      throw new CommandError(`${asked}: this version of tallyman cannot read the answer (${what})`)
    }
    return value
  }

  return {
    get: (path, schema) => ask('GET', path, undefined, schema),
    post: (path, body, schema) => ask('POST', path, body, schema),
    delete: (path, schema) => ask('DELETE', path, undefined, schema),
  }
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
