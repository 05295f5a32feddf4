import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { RegistryError } from '../../src/registry/registry-error.ts'
import type { Peer } from './contract-peers.ts'
import { countOf, failFirst, fresh, LONG, pieces } from './upload-content.ts'

export function describeCancels(getPeer: () => Peer): void {
  const read = async (digest: string) => buffer(await getPeer().client.getBlob('up/load', digest))

  describe('uploads that are given up', () => {
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
