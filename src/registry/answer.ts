import { STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { isObject } from './descriptor.ts'
import { type About, networkError } from './network-error.ts'
import { RegistryError } from './registry-error.ts'

/** An HTTP answer. Its body must be read, streamed or discarded, or the connection is lost. */
export interface Answer {
  readonly about: About
  readonly status: number
  /** Where it came from. */
  readonly url: URL
  readonly body: Readable
  header(name: string): string | undefined
  /** The whole body. @throws RegistryError if it is longer than `limit` bytes */
  bytes(limit: number): Promise<Buffer>
  /** The whole body, a JSON object. @throws RegistryError if it is longer than `limit` bytes, or anything else */
  json(limit: number): Promise<Record<string, unknown>>
  discard(): Promise<void>
  /** An error about what this answer says, to be thrown. */
  error(reason: string): RegistryError
  /** An error about its status, with `reason` or else what the body tells; uses the body up. */
  refusal(reason?: string): Promise<RegistryError>
}

const ERROR_LIMIT = 64 * 1024

export function makeAnswer(response: Dispatcher.ResponseData, url: URL, about: About): Answer {
  const { statusCode: status, headers, body } = response
  const error = (reason: string) => new RegistryError({ ...about, reason })
  const header = (name: string) => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  async function bytes(limit: number): Promise<Buffer> {
    const chunks: Buffer[] = []
    let length = 0
    try {
      for await (const chunk of body) {
        length += chunk.length
        if (length > limit) throw error(`the answer is longer than ${limit} bytes`)
        chunks.push(chunk)
      }
    } catch (cause) {
      throw networkError(cause, about)
    }
    return Buffer.concat(chunks)
  }

  async function json(limit: number): Promise<Record<string, unknown>> {
    const value = parse(await bytes(limit))
    if (!isObject(value)) throw error('the answer is no JSON object')
    return value
  }

  async function refusal(reason?: string): Promise<RegistryError> {
    const { codes, message } = await json(ERROR_LIMIT).then(readErrors, () => ({ codes: [], message: '' }))
    return new RegistryError({
      ...about,
      status,
      codes,
      reason: reason ?? (message || (STATUS_CODES[status] ?? '')),
      retry: status === 408 || status === 429 || (status >= 500 && status !== 501),
      retryAfter: readRetryAfter(header('retry-after')),
    })
  }

  const discard = () => body.dump()
  return { about, status, url, body, header, bytes, json, discard, error, refusal }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** `{"errors":[{"code","message","detail"}]}`, distribution spec 1.1, "Error codes". */
function readErrors(body: Record<string, unknown>): { codes: string[]; message: string } {
  const errors = Array.isArray(body.errors) ? body.errors.filter(isObject) : []
  const texts = (key: string) => errors.map((error) => error[key]).filter((text) => typeof text === 'string')
  return {
    codes: [...new Set(texts('code'))].filter((code) => /^[A-Z_]{1,40}$/.test(code)).slice(0, 5),
    message: texts('message')[0] ?? '',
  }
}

/** Milliseconds from seconds or a date (RFC 9110, 10.2.3). */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const seconds = Number(value)
  const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return wait >= 0 ? wait : undefined
}
