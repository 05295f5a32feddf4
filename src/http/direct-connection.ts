import type { Socket } from 'node:net'
import type { KnownHead, KnownRequest } from './known-heads.ts'

/** What a connection is given to work with. */
export interface DirectWork {
  find: (bytes: Buffer) => KnownRequest | undefined
  receive: (registry: string, body: Buffer) => Promise<void>
  /** @param refused why a delivery is not taken, if so */
  answer: (refused: Error | undefined, isLast: boolean) => string
  /** Leaves a connection to the server, with those bytes that were read from it already. */
  handOver: (socket: Socket, bytes: Buffer | undefined) => void
  forget: (connection: DirectConnection) => void
}

/**
 * A connection whose requests are known by their heads, one after the other: of what comes while one is being answered no
 * more is read than is there. With the first that is not known it is handed over.
 * The connection of a sender that would end it after the first answer is closed with that: one thing less to be woken for,
 * and 9 % of a lone delivery (docs/performance.md).
 */
export class DirectConnection {
  readonly #socket: Socket
  readonly #work: DirectWork
  /** Read, but not taken yet. */
  #held: Buffer | undefined
  /** That `#held` begins with. */
  #request: KnownRequest | undefined
  #isAnswering = false
  /** The sender has said all that it will; it may still await answers. */
  #hasEnded = false
  /** No more than what is being answered is taken. */
  #isClosing = false
  /** Requests answered, and the head of the last. */
  #answered = 0
  #head: KnownHead | undefined
  /** Looks since something was answered. */
  #looks = 0

  constructor(socket: Socket, work: DirectWork) {
    this.#socket = socket
    this.#work = work
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', ignore).on('close', this.#onClose)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#held = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    if (this.#isAnswering) this.#socket.pause()
    else this.#take()
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    if (!this.#isAnswering) this.#close()
  }

  readonly #onClose = (): void => this.#work.forget(this)

  #take(): void {
    const held = this.#held
    if (held === undefined) return
    this.#request ??= this.#work.find(held)
    const request = this.#request
    if (request !== undefined && held.length >= request.end) this.#receive(request, held)
    // The rest will not come.
    else if (this.#hasEnded) this.#close()
    else if (request === undefined) this.#handOver()
  }

  #receive({ head, bodyAt, end }: KnownRequest, held: Buffer): void {
    this.#head?.sentMore()
    this.#head = head
    this.#held = held.length > end ? held.subarray(end) : undefined
    this.#request = undefined
    this.#isAnswering = true
    this.#work.receive(head.registry, held.subarray(bodyAt, end)).then(this.#accept, this.#refuse)
  }

  readonly #accept = (): void => this.#answer()

  readonly #refuse = (error: Error): void => this.#answer(error)

  #answer(refused?: Error): void {
    this.#isAnswering = false
    this.#answered++
    this.#looks = 0
    const { saysClose = false, endsAfterOne = false } = this.#head ?? {}
    const isOver = this.#hasEnded || (this.#answered === 1 && endsAfterOne)
    const isLast = this.#isClosing || saysClose || (this.#held === undefined && isOver)
    this.#socket.write(this.#work.answer(refused, isLast))
    if (isLast) {
      this.#close()
    } else if (this.#held !== undefined) {
      this.#take()
      if (!this.#isAnswering) this.#socket.resume()
    }
  }

  /** Ends it, if need be with the answer that is under way. */
  end(): void {
    this.#isClosing = true
    if (!this.#isAnswering) this.#close()
  }

  /** To be called now and then: hands over what waited for its bytes at the last look already; of idle ones bears `most`. */
  look(most: number): void {
    if (this.#isAnswering) return
    const isIdle = this.#answered > 0 && this.#held === undefined
    if (this.#looks++ < (isIdle ? most : 1)) return
    if (isIdle) this.end()
    else this.#handOver()
  }

  /** Once what was written has left; to say first that no more comes is 5 % of a lone delivery. */
  #close(): void {
    if (this.#answered === 1 && this.#looks === 0) this.#head?.endedAfterOne()
    if (this.#socket.writableLength > 0) this.#socket.destroySoon()
    else this.#socket.destroy()
  }

  #handOver(): void {
    const socket = this.#socket
    if (this.#held !== undefined) this.#head?.sentMore()
    this.#work.forget(this)
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', ignore).off('close', this.#onClose)
    this.#work.handOver(socket, this.#held)
  }
}

/** It closes then, and nobody waits for an answer. */
const ignore = () => {}
