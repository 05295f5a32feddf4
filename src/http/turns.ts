import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { HttpError } from './problem.ts'

/** Runs a read when its turn has come. @throws HttpError 503 if too many wait, or if it waits too long */
export type InTurn = <T>(read: () => Promise<T>) => Promise<T>

/**
 * Lets a few heavy reads run at once, and the others wait. So readers leave room for registries that deliver.
 * `waitMs`: how long a read may wait, in ms.
 */
export function makeTurns(
  { atOnce, maxWaiting, waitMs } = { atOnce: 2, maxWaiting: 20, waitMs: 5_000 },
): InTurn {
  const waiting: (() => void)[] = []
  let running = 0

  async function begin(): Promise<void> {
    if (running < atOnce) {
      running += 1
      return
    }
    if (waiting.length >= maxWaiting) throw busy()
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(turn), 1)
        reject(busy())
      }, waitMs)
      waiting.push(turn)
    })
  }

  /** Hands the place over to the one that waits longest. */
  function end(): void {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return async (read) => {
    await begin()
    try {
      return await read()
    } finally {
      end()
    }
  }
}

/**
 * Makes a stream of texts once its turn has come. Its turn lasts until all is read, or the stream is destroyed and `read` has
 * ended. @throws HttpError 503 if too many wait, or if it waits too long
 */
export function streamInTurn(inTurn: InTurn, read: () => AsyncGenerator<string>): Promise<Readable> {
  return new Promise((resolve, reject) => {
    inTurn(async () => {
      const stream = Readable.from(read(), { highWaterMark: 1 })
      resolve(stream)
      // Whoever reads the stream gets its error.
      await finished(stream, { writable: false }).catch(() => undefined)
    }).catch(reject)
  })
}

const busy = () => new HttpError(503, 'too many large reads run already: try again')
