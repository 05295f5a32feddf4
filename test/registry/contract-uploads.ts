import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Fault } from '../../lab/faulty-registry.ts'
import { digestOf, seededBytes } from '../../lab/image.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import { SHORT } from '../../src/registry/upload-source.ts'
import type { Peer, PeerTraits } from './contract-peers.ts'

const LONG = 3 * SHORT
let count = 0

/** Content that no test has sent before, and where it was opened. */
function fresh(
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

function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** Makes the first request of a method fail. */
function failFirst(peer: Peer, method: string, fault: Fault): void {
  let isFirst = true
  peer.onRequest((request) => {
    if (request.method !== method || !isFirst) return undefined
    isFirst = false
    return fault
  })
}

const countOf = (peer: Peer, method: string) =>
  peer.requests.filter((request) => request.startsWith(method)).length

export function describeUploads(getPeer: () => Peer, traits: PeerTraits): void {
  const read = async (digest: string) => buffer(await getPeer().client.getBlob('up/load', digest))

  describe('uploads', () => {
    afterEach(async () => {
      const { tokens } = getPeer()
      if (tokens !== undefined) tokens.lifetime = 300
    })

    it.each([10_000, LONG])('sends content of unknown size, of %d bytes', async (length) => {
      for (const size of [undefined, 0]) {
        const { digest, open, bytes } = fresh(length)
        await getPeer().client.uploadBlob('up/load', { digest, size }, open)
        expect(await read(digest)).toEqual(bytes)
      }
    })

    it('goes on after a broken request, or begins anew where the registry cannot', async () => {
      const peer = getPeer()
      const { bytes, digest, size, open, opened } = fresh(LONG)
      const before = await peer.pendingBytes()
      failFirst(peer, 'PATCH', { takes: 2_000_000 })
      await peer.client.uploadBlob('up/load', { digest, size }, open)
      const pending = (await peer.pendingBytes()) - before
      if (traits.resumesUploads) {
        expect({ opened, posts: countOf(peer, 'POST'), pending }).toEqual({
          opened: [0, 2_000_000],
          posts: 1,
          pending: 0,
        })
        expect(peer.fake?.taken()).toBe(size)
      } else {
        // It keeps the broken upload, whatever a client asks (docs/registries.md, Registry API).
        expect({ opened, posts: countOf(peer, 'POST') }).toEqual({ opened: [0, 0], posts: 2 })
        expect(pending).toBeGreaterThan(0)
      }
      expect(await read(digest)).toEqual(bytes)
    })

    it.each([10_000, LONG])(
      'sends nothing again if only the answer was lost, after %d bytes',
      async (length) => {
        const peer = getPeer()
        const { bytes, digest, size, open, opened } = fresh(length)
        failFirst(peer, 'PUT', 'drop answer')
        await peer.client.uploadBlob('up/load', { digest, size }, open)
        expect({ opened, posts: countOf(peer, 'POST') }).toEqual({ opened: [0], posts: 1 })
        expect(await read(digest)).toEqual(bytes)
      },
    )

    it.each([100, 2_000_000])(
      'cancels the upload if the source fails after %d bytes, with its error',
      async (after) => {
        const peer = getPeer()
        const before = await peer.pendingBytes()
        const { digest, size, open } = fresh(LONG, (bytes) =>
          Readable.from(
            (function* () {
              yield* pieces(bytes.subarray(0, after))
              throw new Error('the source is gone')
            })(),
          ),
        )
        await expect(peer.client.uploadBlob('up/load', { digest, size }, open)).rejects.toThrow(
          'the source is gone',
        )
        expect(await peer.pendingBytes()).toBe(before)
        expect(countOf(peer, 'DELETE')).toBe(1)
      },
    )

    it('cancels the upload if the source is closed, or cannot be opened', async () => {
      const peer = getPeer()
      const before = await peer.pendingBytes()
      const { digest, size, open } = fresh(LONG, (bytes) => {
        const stream = new PassThrough()
        stream.write(bytes.subarray(0, 2_000_000))
        setTimeout(() => stream.destroy(), 200)
        return stream
      })
      await expect(peer.client.uploadBlob('up/load', { digest, size }, open)).rejects.toThrow(
        /premature close/i,
      )
      const closed = () => Promise.reject(new Error('no such source'))
      await expect(peer.client.uploadBlob('up/load', { digest, size }, closed)).rejects.toThrow(
        'no such source',
      )
      expect(await peer.pendingBytes()).toBe(before)
      expect(countOf(peer, 'DELETE')).toBe(2)
    })

    it.each([400, 403, 405, 412, 413])(
      'gives up at once after %d, and cancels the upload',
      async (status) => {
        const peer = getPeer()
        const before = await peer.pendingBytes()
        const { digest, size, open } = fresh(LONG)
        failFirst(peer, 'PUT', { status, code: 'DENIED' })
        const refused = peer.client.uploadBlob('up/load', { digest, size }, open)
        await expect(refused).rejects.toMatchObject({ status, codes: ['DENIED'], retry: false })
        expect(countOf(peer, 'PUT')).toBe(1)
        expect(await peer.pendingBytes()).toBe(before)
      },
    )

    it('waits as long as a registry asks, or fails with how long that is', async () => {
      const peer = getPeer()
      const { bytes, digest, size, open } = fresh(LONG)
      failFirst(peer, 'PATCH', { status: 503, retryAfter: 1 })
      const before = performance.now()
      await peer.client.uploadBlob('up/load', { digest, size }, open)
      expect(performance.now() - before).toBeGreaterThan(1000)
      expect(await read(digest)).toEqual(bytes)

      const other = fresh(10_000)
      failFirst(peer, 'PUT', { status: 429, code: 'TOOMANYREQUESTS', retryAfter: 600 })
      const busy = peer.client.uploadBlob('up/load', other, other.open)
      await expect(busy).rejects.toMatchObject({ retry: true, retryAfter: 600_000 })
    })

    it('renews a token that expires during an upload, and ends the same upload', async ({ skip }) => {
      const peer = getPeer()
      const { tokens, fake } = peer
      if (tokens === undefined) return skip()
      // Distribution takes a token for a minute longer.
      const expireSoon = () => {
        tokens.lifetime = fake === undefined ? -58 : 2
      }
      const slow = (bytes: Buffer) =>
        Readable.from(
          (async function* () {
            yield* pieces(bytes.subarray(0, 2_000_000))
            tokens.lifetime = 300
            await sleep(3_500)
            yield* pieces(bytes.subarray(2_000_000))
          })(),
        )
      // A client of its own has no token yet.
      const client = peer.anotherClient()
      expireSoon()
      const { bytes, digest, size, open, opened } = fresh(LONG, slow)
      const issued = tokens.issued()
      await client.uploadBlob('up/load', { digest, size }, open)
      expect({ opened, posts: countOf(peer, 'POST') - 1 }).toEqual({ opened: [0], posts: 1 })
      expect(countOf(peer, 'PATCH')).toBe(1)
      expect(countOf(peer, 'PUT')).toBe(2)
      expect(tokens.issued() - issued).toBe(2)
      expect(await read(digest)).toEqual(bytes)
    })

    it('gives up an upload that a failed mount opened, and does without it', async () => {
      const peer = getPeer()
      const { client } = peer
      const { bytes, digest, size, open } = fresh(10_000)
      const mount = await client.mountBlob('up/load', digest, 'up/other')
      if (mount.mounted) throw new Error('a blob that does not exist was mounted')
      expect(await client.cancelUpload(mount.upload)).toBe(true)
      await client.uploadBlob('up/load', { digest, size }, open, mount.upload)
      expect(await read(digest)).toEqual(bytes)
      expect(await client.cancelUpload(mount.upload)).toBe(true)
    })

    it('fails if the content is not what its digest says', async () => {
      const { digest } = fresh(10)
      const { open, size } = fresh(LONG)
      const refused = getPeer().client.uploadBlob('up/load', { digest, size }, open)
      await expect(refused).rejects.toThrow(RegistryError)
      expect(await getPeer().client.headBlob('up/load', digest)).toBeUndefined()
    })
  })
}
