import { Readable } from 'node:stream'
import type { Fault } from '../../lab/faulty-registry.ts'
import { digestOf, seededBytes } from '../../lab/image.ts'
import { SHORT } from '../../src/registry/upload-source.ts'
import type { Peer } from './contract-peers.ts'

/** Bytes of content that is not sent in one request. */
export const LONG = 3 * SHORT
let count = 0

/** Content that no test has sent before, and where it was opened. */
export function fresh(
  length: number,
  stream: (bytes: Buffer) => Readable = (bytes) => Readable.from(pieces(bytes)),
) {
  const bytes = seededBytes(`upload ${count++}`, length)
  const opened: number[] = []
  const open = async (from: number) => {
    opened.push(from)
    return stream(bytes.subarray(from))
  }
  return { bytes, digest: digestOf(bytes), size: length, opened, open }
}

export function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** Makes the first request of a method fail. */
export function failFirst(peer: Peer, method: string, fault: Fault): void {
  let isFirst = true
  peer.onRequest((request) => {
    if (request.method !== method || !isFirst) return undefined
    isFirst = false
    return fault
  })
}

export const countOf = (peer: Peer, method: string) =>
  peer.requests.filter((request) => request.startsWith(method)).length
