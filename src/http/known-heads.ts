import type { IncomingMessage } from 'node:http'

/** What Node's parser reads of a head. */
type ParsedHead = Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'headers' | 'rawHeaders'>

/** So many connections in a row that were ended after one request, and the next are expected to be. */
const SURE = 8

/** Of as many, one is left to its sender to end all the same: it may keep them by now. */
const TRIAL = 64

/**
 * What is known of the senders of requests that differ in their bodies only. A registry ends its connection after each
 * answer without having said that it would (distribution, notifications/http.go: CloseIdleConnections), GitLab's keeps it,
 * and what a proxy does is its own affair; so it is learned.
 */
export class KnownHead {
  readonly registry: string
  /** They say that they want the connection closed after one. */
  readonly saysClose: boolean
  /** In a row. */
  #endedAfterOne = 0

  constructor(registry: string, saysClose: boolean) {
    this.registry = registry
    this.saysClose = saysClose
  }

  /** To be told of each connection that was ended, by either side, soon after its first answer. */
  endedAfterOne(): void {
    this.#endedAfterOne++
  }

  /** To be told when a connection brings more than one request. */
  sentMore(): void {
    this.#endedAfterOne = 0
  }

  /** The next connection is expected to bring one request. */
  get endsAfterOne(): boolean {
    return this.#endedAfterOne >= SURE && this.#endedAfterOne % TRIAL !== 0
  }
}

/** A request that begins with a known head. */
export interface KnownRequest {
  head: KnownHead
  /** Where its body begins and ends, in bytes. */
  bodyAt: number
  end: number
}

/** So many are remembered; a registry sends one or two. */
const MOST = 1_000

const END = Buffer.from('\r\n\r\n')
const LENGTH = '\r\nContent-Length: '
const DIGITS = /^[1-9]\d{0,7}$/

/** Frame the body by something else than its length, or ask for another conversation than request and answer. */
const SPECIAL = ['expect', 'transfer-encoding', 'upgrade']

/**
 * Heads of requests that Node has parsed and that were admitted, as the bytes that say the same: a request that begins with
 * these bytes would be read as the same again and admitted again, so it needs no parser. Only the digits of Content-Length
 * may differ, as they do from one delivery of a registry to the next (docs/registries.md, Delivery). What is not known by its
 * every byte is for the parser.
 *
 * A token is looked up with its head, not compared in constant time as by `makeIdentify`; but by a hash, of which one that
 * is nearly right differs as much as any other.
 *
 * @param largest body that is known, in bytes
 */
export function makeKnownHeads(largest: number) {
  const known = new Map<string, KnownHead>()
  return {
    /** A head that says more of the connection than that it is to be closed, or frames its body otherwise, is not remembered. */
    add(request: ParsedHead, registry: string): void {
      const { headers, httpVersion } = request
      const parts = split(asSent(request))
      const saysClose = httpVersion === '1.0' || headers.connection === 'close'
      if (parts === undefined || known.has(parts.key) || SPECIAL.some((name) => name in headers)) return
      if (headers.connection !== undefined && headers.connection !== 'close') return
      const [oldest = ''] = known.keys()
      if (known.size >= MOST) known.delete(oldest)
      known.set(parts.key, new KnownHead(registry, saysClose))
    },

    /** @param bytes of a connection, from where a request begins; its body may not be there yet */
    find(bytes: Buffer): KnownRequest | undefined {
      const bodyAt = bytes.indexOf(END) + END.length
      if (bodyAt < END.length) return undefined
      const parts = split(bytes.toString('latin1', 0, bodyAt))
      if (parts === undefined || parts.length > largest) return undefined
      const head = known.get(parts.key)
      return head && { head, bodyAt, end: bodyAt + parts.length }
    },
  }
}

/** The head that says what a parser has read (RFC 9112, sections 3 and 5). */
function asSent({ method, url, httpVersion, rawHeaders }: ParsedHead): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** A head without the digits of its Content-Length, and their number. */
function split(head: string): { key: string; length: number } | undefined {
  const found = head.indexOf(LENGTH)
  const from = found + LENGTH.length
  const to = head.indexOf('\r\n', from)
  const digits = head.slice(from, to)
  if (found < 0 || !DIGITS.test(digits)) return undefined
  return { key: head.slice(0, from) + head.slice(to), length: Number(digits) }
}
