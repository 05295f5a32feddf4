import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { digestOf, seededBytes } from '../../lab/image.ts'
import { upload } from '../../lab/push-image.ts'
import type { Peer } from './contract-peers.ts'

const SIZE = 3_000_000
const CONTENT = seededBytes('download', SIZE)
const DIGEST = digestOf(CONTENT)

export function describeDownloads(getPeer: () => Peer): void {
  describe('downloads', () => {
    const push = (bytes: Buffer) => upload(getPeer().client, 'down/load', bytes)
    const gets = () =>
      getPeer().requests.filter((request) => request.startsWith('GET') && request.includes('/blobs/'))

    it('goes on after a broken body, and checks the whole', async () => {
      const peer = getPeer()
      await push(CONTENT)
      let left = 2
      peer.onRequest(({ method }) => (method === 'GET' && left-- > 0 ? { sends: 1_000_000 } : undefined))
      expect(await buffer(await peer.client.getBlob('down/load', DIGEST))).toEqual(CONTENT)
      expect(gets()).toHaveLength(3)
    })

    it('gives up a body that breaks again and again', async () => {
      const peer = getPeer()
      await push(CONTENT)
      peer.onRequest(() => ({ sends: 1000 }))
      const body = await peer.client.getBlob('down/load', DIGEST)
      await expect(buffer(body)).rejects.toMatchObject({
        retry: true,
        operation: `GET blob down/load@${DIGEST}`,
      })
      expect(gets()).toHaveLength(3)
    })

    it('gives content from an offset', async () => {
      const { client } = getPeer()
      await push(CONTENT)
      for (const from of [1, 2_000_000, SIZE - 1, SIZE]) {
        const body = await client.getBlob('down/load', DIGEST, { from })
        expect(await buffer(body)).toEqual(CONTENT.subarray(from))
      }
    })

    it('tells whether the registry sends a blob', async () => {
      const { client } = getPeer()
      await push(CONTENT)
      const empty = await push(Buffer.alloc(0))
      expect(await client.readsBlob('down/load', DIGEST)).toBe(true)
      expect(await client.readsBlob('down/load', empty)).toBe(true)
      expect(await client.readsBlob('down/load', digestOf(Buffer.from('absent')))).toBe(false)
      expect(await client.readsBlob('no/where', empty)).toBe(false)
    })
  })
}
