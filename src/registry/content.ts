import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { algorithmOf } from './digest.ts'
import type { Limits } from './limits.ts'
import { paced } from './minimum-rate.ts'
import { networkError } from './network-error.ts'
import { pauseAfter } from './quick-retry.ts'
import { RegistryError } from './registry-error.ts'

/** Which content to read, and how. */
interface Wanted {
  digest: string
  /** The offset of the first byte. */
  from: number
  limits: Limits
  /** Asks for the content from an offset: 206 with it, 200 with the whole content, or 416 if nothing is there. */
  ask(from: number): Promise<Answer>
}

/**
 * The content of a blob as a stream. If it breaks off, it goes on at the same byte: at most twice in a row without as many
 * bytes between as `limits.blobRate` wants in its time. A stream from the first byte fails at its end unless the whole hashes to the digest;
 * so what was put together from several answers is right, whatever their ETags say. Destroying the stream ends the transfer.
 */
export async function readContent(wanted: Wanted): Promise<Readable> {
  const { digest, limits, ask } = wanted
  const hash = wanted.from === 0 ? createHash(algorithmOf(digest)) : undefined
  let part = partOf(await ask(wanted.from), wanted.from, limits)
  let at = wanted.from
  let breaks = 0
  let brokenAt = at

  /** Opens the next part, or fails with what broke the last. */
  async function resume(cause: unknown): Promise<void> {
    const failure = networkError(cause, part.answer.label)
    if (at - brokenAt >= limits.blobRate.bytes) breaks = 0
    brokenAt = at
    const pause = pauseAfter(failure, breaks++, limits.longestWaitMs)
    if (pause === undefined || stream.destroyed) throw failure
    await sleep(pause)
    part = partOf(await ask(at), at, limits)
    if (stream.destroyed) part.body.destroy()
  }

  async function* content(): AsyncGenerator<Buffer> {
    for (;;) {
      let next: IteratorResult<Buffer>
      try {
        next = await part.chunks.next()
      } catch (cause) {
        await resume(cause)
        continue
      }
      if (next.done) {
        // A server may give less than it was asked for (RFC 9110, 15.3.7).
        if (at >= part.total || at === part.from) break
        const { label } = part.answer
        await resume(
          new RegistryError({ ...label, reason: 'it gives a part of what was asked for', retry: true }),
        )
        continue
      }
      const chunk = part.unread(next.value)
      hash?.update(chunk)
      at += chunk.length
      if (chunk.length > 0) yield chunk
    }
    if (hash !== undefined && !digest.endsWith(`:${hash.digest('hex')}`))
      throw part.answer.wrongContent('the content does not hash to the digest')
  }

  const stream = Readable.from(content(), { objectMode: false })
  // The stream ends once its generator has, and that may be waiting for the network: so the body is ended first.
  const endGenerator = stream._destroy.bind(stream)
  stream._destroy = (error, done) => {
    part.body.destroy()
    endGenerator(error, done)
  }
  return stream
}

/** One answer with content from the offset `from`. @throws RegistryError if it begins elsewhere */
function partOf(answer: Answer, from: number, { blobRate }: Limits) {
  // If the buffers are full, whoever reads them is slow, and not the registry.
  const body = paced(answer.stream(), blobRate, answer.label, (stream) => stream.writableNeedDrain)
  body.on('error', () => {}) // Whoever reads the chunks gets it.
  const range = answer.header('content-range') ?? ''
  if (answer.status === 206 && !range.startsWith(`bytes ${from}-`)) {
    body.destroy()
    throw answer.error(`it answers with the range ${JSON.stringify(range)} instead of the bytes from ${from}`)
  }
  // The body of 416 is no content. Distribution 2.8 announces it with the length of the blob, and breaks it off.
  const isEmpty = answer.status === 416
  if (isEmpty) body.destroy()
  // A server that does not know Range sends the content from its beginning.
  let skip = answer.status === 200 ? from : 0
  const total = Number(/\/(\d+)$/.exec(answer.status === 206 ? range : '')?.[1] ?? 0)
  return {
    answer,
    body,
    from,
    /** Bytes of the whole content. 0 if the answer is no part of it. */
    total,
    chunks: (isEmpty ? Readable.from([]) : body)[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
    /** What of a chunk of the body comes at or after the offset. */
    unread(chunk: Buffer): Buffer {
      const skipped = Math.min(skip, chunk.length)
      skip -= skipped
      return chunk.subarray(skipped)
    },
  }
}
