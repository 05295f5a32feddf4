import { IncomingMessage } from 'node:http'

/** Given a body's chunks as they come, and `null` after the last. */
export type TakeChunk = (chunk: Buffer | null) => void

/**
 * A request whose body can be had as it is parsed, without the stream's way over several turns of the queue of ticks: those
 * took 4 to 10 µs of a delivery's 90 (docs/performance.md). For `createServer`'s option `IncomingMessage`; Node hands over a
 * body by `push`, as any source of a Readable does.
 */
export class DirectRequest extends IncomingMessage {
  #take: TakeChunk | undefined

  /** To be called as soon as the request is there: what came before stays in the stream. */
  takeBody(take: TakeChunk): void {
    this.#take = take
  }

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (this.#take === undefined) return super.push(chunk, encoding)
    this.#take(chunk)
    return true
  }
}

/** A body as it comes, of any request: those of `inject` come as streams. */
export function takeBodyOf(request: IncomingMessage, take: TakeChunk): void {
  if (request instanceof DirectRequest) request.takeBody(take)
  else
    request
      .on('data', take)
      .on('end', () => take(null))
      .on('error', ignore)
}

/** Of a body that was cut off: nobody waits for an answer. */
const ignore = () => {}
