import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, makeImage, seededBytes } from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { describeCancels } from './contract-cancels.ts'
import { describeDownloads } from './contract-downloads.ts'
import type { Peer, PeerTraits } from './contract-peers.ts'
import { describeReferrers } from './contract-referrers.ts'
import { describeUploads } from './contract-uploads.ts'

/** What the client makes of broken connections, refusals and expired tokens. */
export function describeTransfers(title: string, start: () => Promise<Peer>, traits: PeerTraits): void {
  describe(`${title}: transfers`, () => {
    let peer: Peer
    beforeAll(async () => {
      peer = await start()
      await peer.client.ping() // The first request is answered 401. Tests count requests.
    })
    afterAll(() => peer.close())
    beforeEach(() => peer.reset())

    describeUploads(() => peer, traits)
    describeCancels(() => peer)
    describeDownloads(() => peer)
    describeReferrers(() => peer, traits)
  })
}

/** What the client does with every registry, for each way of authentication. */
export function describeRegistry(title: string, start: () => Promise<Peer>, traits: PeerTraits): void {
  describe(title, () => {
    let peer: Peer
    let client: RegistryClient
    const image = makeImage({
      layers: [
        { seed: 'base', bytes: 3_000_000 },
        { seed: title, bytes: 1000 },
      ],
    })
    const absent = digestOf(Buffer.from('absent'))

    beforeAll(async () => {
      peer = await start()
      client = peer.client
    })
    afterAll(() => peer.close())

    it('pings', () => client.ping())

    it('pushes an image and reads it back, byte for byte', async () => {
      await pushImage(client, 'team/app', 'v1', image)
      for (const reference of ['v1', image.root.digest]) {
        const { mediaType, digest, size } = image.root
        expect(await client.headManifest('team/app', reference)).toEqual({ mediaType, digest, size })
        const manifest = await client.getManifest('team/app', reference)
        expect(manifest?.descriptor).toEqual({ mediaType, digest, size })
        expect(manifest?.bytes).toEqual(image.manifests.get(digest)?.bytes)
      }
      for (const [digest, bytes] of image.blobs) {
        expect(await client.headBlob('team/app', digest)).toEqual({ digest, size: bytes.length })
        expect(await buffer(await client.getBlob('team/app', digest))).toEqual(bytes)
      }
    })

    it('returns undefined or an error for what does not exist', async () => {
      expect(await client.headManifest('team/app', 'nowhere')).toBeUndefined()
      expect(await client.getManifest('no/where', absent)).toBeUndefined()
      expect(await client.headBlob('team/app', absent)).toBeUndefined()
      await expect(client.getBlob('team/app', absent)).rejects.toMatchObject({
        status: 404,
        codes: ['BLOB_UNKNOWN'],
        retry: false,
        operation: `GET blob team/app@${absent}`,
      })
    })

    it('mounts a blob, and uses the upload that a failed mount opened', async () => {
      const [[digest, bytes] = ['', Buffer.alloc(0)]] = image.blobs
      await upload(client, 'team/app', bytes)
      expect(await client.mountBlob('team/other', digest, 'team/app')).toEqual({ mounted: true })
      expect(await client.headBlob('team/other', digest)).toEqual({ digest, size: bytes.length })

      const fresh = seededBytes(`${title} mount`, 50_000)
      const refused = await client.mountBlob('team/other', digestOf(fresh), 'team/app')
      if (refused.mounted) throw new Error('a blob that does not exist was mounted')
      const blob = { digest: digestOf(fresh), size: fresh.length }
      await client.uploadBlob('team/other', blob, async () => Readable.from([fresh]), refused.upload)
      expect(await buffer(await client.getBlob('team/other', blob.digest))).toEqual(fresh)
    })

    it('copies a blob from one repository to another as a stream', async () => {
      const bytes = seededBytes(`${title} stream`, 5_000_000)
      const digest = await upload(client, 'stream/from', bytes)
      const blob = { digest, size: bytes.length }
      await client.uploadBlob('stream/to', blob, (from) => client.getBlob('stream/from', digest, { from }))
      expect(await client.headBlob('stream/to', digest)).toEqual({ digest, size: bytes.length })
    })

    it('uploads the empty blob', async () => {
      const digest = await upload(client, 'team/app', Buffer.alloc(0))
      expect(await buffer(await client.getBlob('team/app', digest))).toHaveLength(0)
    })

    it('lists tags and repositories over several pages', async () => {
      for (const repository of ['pages/a', 'pages/b', 'pages/c'])
        for (const tag of ['one', 'three', 'two']) await pushImage(client, repository, tag, image)
      // 2.8 lists tags in the order of the file system, on one page.
      expect((await Array.fromAsync(client.tags('pages/a'))).sort()).toEqual(['one', 'three', 'two'])
      const repositories = await Array.fromAsync(client.catalog())
      expect(repositories).toEqual(expect.arrayContaining(['pages/a', 'pages/b', 'pages/c', 'team/app']))
      expect(new Set(repositories).size).toBe(repositories.length)
    })

    it('deletes a digest once, with all its tags', async () => {
      await pushImage(client, 'gone', 'a', image)
      await pushImage(client, 'gone', 'b', image)
      expect(await client.deleteManifest('gone', image.root.digest)).toBe('deleted')
      expect(await client.deleteManifest('gone', image.root.digest)).toBe('absent')
      expect(await Array.fromAsync(client.tags('gone'))).toEqual([])
      expect(await Array.fromAsync(client.tags('never/there'))).toEqual([])
      await expect(client.deleteManifest('gone', 'a')).rejects.toThrow(/only a digest/)
    })

    it('deletes a tag alone, or says that it cannot', async () => {
      await pushImage(client, 'tagged', 'a', image)
      await pushImage(client, 'tagged', 'b', image)
      expect(await client.deleteTag('tagged', 'a')).toBe(traits.tagDelete ? 'deleted' : 'unsupported')
      expect(await client.deleteTag('tagged', 'none')).toBe(traits.tagDelete ? 'absent' : 'unsupported')
      expect(await client.refusesDeletes('tagged')).toBe(false)
      expect((await client.headManifest('tagged', 'b'))?.digest).toBe(image.root.digest)
      await expect(client.deleteTag('tagged', image.root.digest)).rejects.toThrow(/only a tag/)
    })
  })
}
