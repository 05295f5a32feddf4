import { Readable } from 'node:stream'

/** Opens the content of a blob at an offset in bytes. */
export type OpenContent = (from: number) => Promise<Readable>

/** The content of one upload. */
export interface Source {
  /** The whole content, if it is short. */
  readonly whole: Buffer | undefined
  /** Bytes. Known once the content was read to its end. */
  size(): number | undefined
  /** Why the content could not be read. */
  failure(): unknown
  /**
   * The content from an offset, for one request. If the source fails, this ends as if there were no more: a request that ends
   * leaves an upload that can be cancelled. Distribution cannot cancel an upload after a broken request.
   */
  stream(from: number): Promise<Readable>
  destroy(): void
}

/** Content up to this size in bytes is read before it is sent. That saves a request. */
export const SHORT = 1024 * 1024

/** Opens the content and reads its beginning. */
export async function openSource(open: OpenContent): Promise<Source> {
  let current = chunksOf(await open(0))
  const head: Buffer[] = []
  let size: number | undefined
  let failure: unknown
  for (let length = 0; length <= SHORT; ) {
    const { done, value } = await current.chunks.next()
    if (done) {
      size = length
      break
    }
    head.push(value)
    length += value.length
  }
  const whole = size === undefined ? undefined : Buffer.concat(head)
  let isFresh = true

  async function* reading({ chunks }: Chunks, before: readonly Buffer[], from: number) {
    let at = from
    for (const chunk of before) {
      at += chunk.length
      yield chunk
    }
    for (;;) {
      const next = await chunks.next().catch((cause) => {
        failure = cause
      })
      if (next === undefined) return
      if (next.done) break
      at += next.value.length
      yield next.value
    }
    size = at
  }

  return {
    whole,
    size: () => size,
    failure: () => failure,
    async stream(from) {
      if (whole !== undefined) return Readable.from([whole.subarray(from)])
      if (from === 0 && isFresh) {
        isFresh = false
        return Readable.from(reading(current, head.splice(0), 0), { objectMode: false })
      }
      current.body.destroy()
      try {
        current = chunksOf(await open(from))
      } catch (cause) {
        failure = cause
        throw cause
      }
      return Readable.from(reading(current, [], from), { objectMode: false })
    },
    destroy: () => current.body.destroy(),
  }
}

type Chunks = ReturnType<typeof chunksOf>

function chunksOf(body: Readable) {
  body.on('error', () => {}) // Whoever reads the chunks gets it.
  return { body, chunks: body[Symbol.asyncIterator]() as AsyncIterator<Buffer> }
}
