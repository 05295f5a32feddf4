import { createHash } from 'node:crypto'
import { pipeline, type Readable, Transform } from 'node:stream'
import type { Answer } from './answer.ts'
import { algorithmOf } from './digest.ts'
import { type Rate, requireRate } from './minimum-rate.ts'
import { networkError } from './network-error.ts'

/**
 * The body of the answer, as a stream that fails at its end unless the content hashes to `digest`. A body shorter than
 * its Content-Length is an error of the connection. A registry that sends more slowly than `rate` is one, too. Destroying
 * the stream ends the transfer.
 */
export function verified(answer: Answer, digest: string, rate: Rate): Readable {
  const hash = createHash(algorithmOf(digest))
  let passed = 0
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      passed += chunk.length
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
  // If the buffers are full, whoever reads them is slow, and not the registry.
  const isExcused = () => checked.writableNeedDrain
  requireRate(checked, rate, answer.label, { passed: () => passed, isExcused })
  return pipeline(answer.stream(), checked, () => {})
}
