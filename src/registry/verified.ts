import { createHash } from 'node:crypto'
import { pipeline, type Readable, Transform } from 'node:stream'
import type { Answer } from './answer.ts'
import { algorithmOf } from './digest.ts'
import { networkError } from './network-error.ts'

/**
 * The body of the answer, as a stream that fails at its end unless the content hashes to `digest`. A body shorter than
 * its Content-Length is an error of the connection. Destroying the stream ends the transfer.
 */
export function verified(answer: Answer, digest: string): Readable {
  const hash = createHash(algorithmOf(digest))
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      const matches = digest.endsWith(`:${hash.digest('hex')}`)
      done(matches ? null : answer.error('the content does not hash to the digest'))
    },
    destroy(error, done) {
      done(error === null ? null : networkError(error, answer.label))
    },
  })
  return pipeline(answer.body, checked, () => {})
}
