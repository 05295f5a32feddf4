import { buffer } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
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

    it('does without Range, and without the length of a blob', async ({ skip }) => {
      const { client, fake, onRequest } = getPeer()
      if (fake === undefined) return skip()
      await push(CONTENT)
      const usual = { ...fake.traits }
      onTestFinished(() => void Object.assign(fake.traits, usual))
      fake.traits.without = ['content-length']
      expect(await client.headBlob('down/load', DIGEST)).toEqual({ digest: DIGEST, size: SIZE })
      fake.traits.knowsRange = false
      expect(await client.headBlob('down/load', DIGEST)).toEqual({ digest: DIGEST, size: undefined })
      expect(await client.readsBlob('down/load', DIGEST)).toBe(true)
      fake.traits.without = []
      let left = 1
      onRequest(({ method }) => (method === 'GET' && left-- > 0 ? { sends: 1_000_000 } : undefined))
      expect(await buffer(await client.getBlob('down/load', DIGEST))).toEqual(CONTENT)
      expect(await buffer(await client.getBlob('down/load', DIGEST, { from: 70_000 }))).toEqual(
        CONTENT.subarray(70_000),
      )
    })

    it('finds a blob that is announced and not sent', async ({ skip }) => {
      const { client, fake } = getPeer()
      if (fake === undefined) return skip()
      const lost = await push(Buffer.from('lost'))
      fake.traits.lost.add(lost)
      expect(await client.headBlob('down/load', lost)).toMatchObject({ digest: lost })
      expect(await client.readsBlob('down/load', lost)).toBe(false)
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
