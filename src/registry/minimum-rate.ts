import { pipeline, type Readable, Transform } from 'node:stream'
import { timedOut } from './deadline.ts'
import type { RequestLabel } from './network-error.ts'

/** At least so many bytes must pass in so many ms. */
export interface Rate {
  bytes: number
  ms: number
}

/**
 * The same stream. It fails with a RegistryError once fewer bytes pass through it than `rate` wants, unless somebody else was
 * slow: the reader of an answer, the source of an upload.
 */
export function paced(
  body: Readable,
  rate: Rate,
  label: RequestLabel,
  isExcused: (stream: Transform) => boolean,
): Readable {
  let passed = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length
      done(null, chunk)
    },
  })
  let before = 0
  const timer = setInterval(() => {
    const isSlow = passed - before < rate.bytes && !isExcused(stream)
    before = passed
    if (isSlow)
      stream.destroy(timedOut(label, `fewer than ${rate.bytes} bytes came through in ${rate.ms / 1000} s`))
  }, rate.ms)
  stream.once('close', () => clearInterval(timer))
  return pipeline(body, stream, () => {})
}
