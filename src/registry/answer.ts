import { STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { readRetryAfter } from '../platform/retry-after.ts'
import type { Deadline } from './deadline.ts'
import { isObject } from './descriptor.ts'
import { parseJson } from './json.ts'
import { networkError, type RequestLabel } from './network-error.ts'
import { RegistryError } from './registry-error.ts'

/**
 * An HTTP answer. Its body must be read, streamed or discarded; otherwise its connection is never free again. Unless it is
 * streamed, the body must arrive before the deadline of the request.
 */
export interface Answer {
  readonly label: RequestLabel
  readonly status: number
  /** The URL that was requested. */
  readonly url: URL
  header(name: string): string | undefined
  /** Reads the whole body. @throws RegistryError if it is longer than `limit` bytes */
  bytes(limit: number): Promise<Buffer>
  /** Reads the whole body. @throws RegistryError if it is longer than `limit` bytes or is not a JSON object */
  json(limit: number): Promise<Record<string, unknown>>
  /** Whether the body has a byte. Reads no more of it. False too if the body breaks off. */
  hasBytes(): Promise<boolean>
  /** The body as a stream, without a deadline. */
  stream(): Readable
  discard(): Promise<void>
  /** An error about the content of this answer. */
  error(reason: string): RegistryError
  /** The same, of bytes that do not hash to their digest. */
  wrongContent(reason: string): RegistryError
  /**
   * An error about the status of this answer. Its reason is `reason` or comes from the body, which is read. `mayPass`: the same
   * request may succeed later, though the status does not say so.
   */
  statusError(reason?: string, mayPass?: boolean): Promise<RegistryError>
}

const ERROR_LIMIT = 64 * 1024

export function makeAnswer(
  response: Dispatcher.ResponseData,
  url: URL,
  label: RequestLabel,
  deadline: Deadline,
): Answer {
  const { statusCode: status, headers, body } = response
  const error = (reason: string) => new RegistryError({ ...label, reason })
  const wrongContent = (reason: string) => new RegistryError({ ...label, reason, isWrongContent: true })
  const header = (name: string) => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  async function bytes(limit: number): Promise<Buffer> {
    // One buffer that grows: a body may come in chunks of one byte, each an object of a hundred.
    let buffer = Buffer.alloc(0)
    let length = 0
    try {
      for await (const chunk of body) {
        if (length + chunk.length > limit) throw error(`the answer is longer than ${limit} bytes`)
        if (length + chunk.length > buffer.length) buffer = grown(buffer, length + chunk.length)
        length += chunk.copy(buffer, length)
      }
    } catch (cause) {
      throw networkError(cause, label)
    }
    return buffer.subarray(0, length)
  }

  async function json(limit: number): Promise<Record<string, unknown>> {
    const value = parseJson(await bytes(limit))
    if (!isObject(value)) throw error('the answer is not a JSON object')
    return value
  }

  async function statusError(reason?: string, mayPass = false): Promise<RegistryError> {
    const { codes, message } = await json(ERROR_LIMIT).then(readErrors, () => ({ codes: [], message: '' }))
    return new RegistryError({
      ...label,
      status,
      codes,
      reason: reason ?? (message || (STATUS_CODES[status] ?? '')),
      retry: mayPass || status === 408 || status === 429 || (status >= 500 && status !== 501),
      retryAfter: readRetryAfter(header('retry-after')),
    })
  }

  async function hasBytes(): Promise<boolean> {
    try {
      // A body that is read to its end leaves its connection for others.
      if (Number(header('content-length')) <= 1) return (await bytes(1)).length > 0
      for await (const chunk of body) if (chunk.length > 0) return true
      return false
    } catch {
      return false
    }
  }

  function stream(): Readable {
    deadline.stop()
    return body
  }

  const discard = () => body.dump()
  return {
    label,
    status,
    url,
    header,
    bytes,
    json,
    hasBytes,
    stream,
    discard,
    error,
    wrongContent,
    statusError,
  }
}

/** A buffer that begins with the same bytes and has room for `needed`, with as much again to spare. */
function grown(buffer: Buffer, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(2 * needed)
  buffer.copy(larger)
  return larger
}

/** Reads `{"errors":[{"code","message","detail"}]}` (distribution spec 1.1, "Error codes"). */
function readErrors(body: Record<string, unknown>): { codes: string[]; message: string } {
  const errors = Array.isArray(body.errors) ? body.errors.filter(isObject) : []
  const texts = (key: string) => errors.map((error) => error[key]).filter((text) => typeof text === 'string')
  return {
    codes: [...new Set(texts('code'))].filter((code) => /^[A-Z_]{1,40}$/.test(code)).slice(0, 5),
    message: texts('message')[0] ?? '',
  }
}
