import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Peer, PeerTraits } from './contract-peers.ts'
import { countOf, failFirst, fresh, LONG, pieces } from './upload-content.ts'

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

    it.for([
      { pauseAt: 0, puts: 1, opens: [0, 0] },
      { pauseAt: 2_000_000, puts: 2, opens: [0] },
    ])(
      'renews a token that expires at byte $pauseAt, and ends the same upload',
      async (expected, { skip }) => {
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
              yield* pieces(bytes.subarray(0, expected.pauseAt))
              await sleep(1_000) // By now the first token is issued.
              tokens.lifetime = 300
              await sleep(2_500)
              yield* pieces(bytes.subarray(expected.pauseAt))
            })(),
          )
        // A client of its own has no token yet.
        const client = peer.anotherClient()
        expireSoon()
        const { bytes, digest, size, open, opened } = fresh(LONG, slow)
        const issued = tokens.issued()
        await client.uploadBlob('up/load', { digest, size }, open)
        expect({ opened, posts: countOf(peer, 'POST') - 1 }).toEqual({ opened: expected.opens, posts: 1 })
        expect(countOf(peer, 'PUT')).toBe(expected.puts)
        // No byte is taken twice.
        if (fake !== undefined) expect(fake.taken()).toBe(size)
        expect(tokens.issued() - issued).toBe(2)
        expect(await read(digest)).toEqual(bytes)
      },
    )
  })
}
