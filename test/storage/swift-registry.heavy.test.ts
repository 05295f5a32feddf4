import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf, makeImage } from '../../lab/image.ts'
import { type LabKeystone, startKeystone } from '../../lab/keystone.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { hasSwift, type LabSwift, startSwift } from '../../lab/swift.ts'
import { registryStorage } from '../../src/compose/registry-storage.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { PARTS } from '../../src/space/survey.ts'
import { surveyStorage } from '../../src/space/survey-storage.ts'
import { blobKey } from '../../src/storage/layout.ts'
import type { RegistryStorage } from '../../src/storage/storage.ts'
import { uploadOf } from '../../src/storage/swift-segments.ts'
import { collectGarbage } from '../reconcile/collect-garbage.ts'
import { ALLOW_FOREIGN } from '../reconcile/filled-registry.ts'
import { storageContract } from '../reconcile/storage-contract.ts'
import { type SwiftBed, startSwiftBed } from './swift-bed.ts'

const MiB = 1024 * 1024

/** A real docker-registry 2.8 on a real Swift. The registry and Tallyman log in at our Keystone. */
describe.runIf(hasSwift)('docker-registry 2.8 on Swift', () => {
  let swift: LabSwift
  let keystone: LabKeystone
  let bed: SwiftBed
  const open = async (prefix: string): Promise<{ registry: LabRegistry; store: RegistryStorage }> => {
    const { authUrl, user, project } = keystone
    const storage = `  swift:
    authurl: ${authUrl}
    username: ${user.name}
    password: ${user.password}
    domain: ${user.domain.name}
    tenant: ${project.name}
    tenantdomain: ${project.domain.name}
    region: north
    container: ${swift.container}
    prefix: ${prefix}
    chunksize: ${MiB}`
    const registry = await startRegistry({ storage, extra: ALLOW_FOREIGN })
    const store = registryStorage(
      {
        ...{ type: 'swift', authUrl, endpointType: 'public', region: 'north' },
        ...{ username: user.name, password: user.password, domain: user.domain.name },
        ...{ tenant: project.name, tenantDomain: project.domain.name },
        ...{ container: swift.container, prefix },
      },
      { name: 'lab', reach: {} },
    )
    return { registry, store }
  }
  beforeAll(async () => {
    swift = await startSwift()
    keystone = await startKeystone(swift)
    bed = await startSwiftBed(swift, swift.container)
  })
  afterAll(async () => {
    await keystone?.close()
    await swift?.close()
  })

  describe('read by a reconcile', () => storageContract(() => open('/below/this')))

  describe('with large layers', () => {
    const PREFIX = 'with/large'
    let registry: LabRegistry
    let storage: RegistryStorage
    let client: RegistryClient
    const image = makeImage({ layers: [{ seed: 'large on swift', bytes: 5 * MiB + 7 }] })
    const [largest = Buffer.alloc(0)] = [...image.blobs.values()].sort((a, b) => b.length - a.length)
    const survey = () => surveyStorage(storage, { projectOf: (repository) => repository.split('/')[0] ?? '' })
    const later = () => new Date(Date.now() + 60_000)
    const keysOf = async () => (await Array.fromAsync(storage.hidden())).map(({ key }) => key)

    async function expectPartsToBeTheDisk() {
      const { parts } = await survey()
      const sum = PARTS.reduce((bytes, part) => bytes + parts[part].bytes, 0)
      expect(sum).toBe((await bed.disk(`${PREFIX}/`)).bytes)
      return parts
    }
    const expectWhole = async () =>
      expect((await buffer(await client.getBlob('team/app', digestOf(largest)))).equals(largest)).toBe(true)

    beforeAll(async () => {
      ;({ registry, store: storage } = await open(PREFIX))
      client = makeRegistryClient({ name: 'lab', url: registry.url })
      await pushImage(client, 'team/app', 'v1', image)
    })
    afterAll(async () => {
      await client?.close()
      await registry?.close()
    })

    it('the layer is a large object of segments, whose names tell its upload', async () => {
      expect(await storage.head(blobKey(digestOf(largest)))).toMatchObject({ size: largest.length })
      const start = `${PREFIX}/segments/`
      const { names } = await bed.disk(start)
      expect(names.length).toBeGreaterThanOrEqual(6)
      for (const name of names)
        expect(uploadOf(name.slice(start.length))).toMatch(
          /^\/docker\/registry\/v2\/repositories\/team\/app\/_uploads\/[\w-]+\/$/,
        )
      expect(await Array.fromAsync(storage.hidden())).toEqual([])
    })

    it('the parts of the survey are the disk: with a copy, an open upload and the segments of what was deleted', async () => {
      const before = await expectPartsToBeTheDisk()
      expect(before.referenced.bytes).toBeGreaterThan(largest.length)

      await storage.copy(blobKey(digestOf(largest)), 'trash/copy')
      expect((await expectPartsToBeTheDisk()).other).toEqual({ objects: 1, bytes: 0 })

      const begun = await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
      await fetch(begun.headers.get('location') ?? '', {
        ...{ method: 'PATCH', body: randomBytes(2 * MiB + 3) },
        headers: { 'content-type': 'application/octet-stream' },
      })
      expect((await expectPartsToBeTheDisk()).uploads.bytes).toBeGreaterThan(2 * MiB)

      const unused = randomBytes(3 * MiB)
      await upload(client, 'team/app', unused)
      expect((await expectPartsToBeTheDisk()).unreferenced.bytes).toBeGreaterThanOrEqual(unused.length)
      const { candidates } = await survey()
      expect(candidates).toContainEqual(
        expect.objectContaining({ digest: digestOf(unused), size: unused.length, project: 'team' }),
      )
      await storage.delete([blobKey(digestOf(unused))])
      const after = await expectPartsToBeTheDisk()
      expect(after.segment.bytes).toBe(unused.length)

      const { bytes } = await bed.disk(`${PREFIX}/`)
      expect((await storage.freeSegments?.(await keysOf(), later()))?.bytes).toBe(unused.length)
      expect((await expectPartsToBeTheDisk()).segment).toEqual({ objects: 0, bytes: 0 })
      expect(bytes - (await bed.disk(`${PREFIX}/`)).bytes).toBe(unused.length)
      await expectWhole()
    })

    it('segments of a blob that is being pushed are its upload, and stay', async () => {
      const layer = randomBytes(5 * MiB)
      const uploads = async () => (await survey()).parts.uploads.bytes
      const before = await uploads()
      const begun = await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
      const sending = request(begun.headers.get('location') ?? '', {
        method: 'PATCH',
        headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' },
      })
      const answered = once(sending, 'response')
      sending.write(layer.subarray(0, 4 * MiB))
      await expect.poll(uploads).toBeGreaterThanOrEqual(before + 2 * MiB)
      expect(await Array.fromAsync(storage.hidden())).toEqual([])
      const { names } = await bed.disk(`${PREFIX}/segments/`)
      const keys = names.map((name) => name.slice(PREFIX.length + 1))
      expect(await storage.freeSegments?.(keys, later())).toEqual({ objects: 0, bytes: 0 })
      sending.end(layer.subarray(4 * MiB))
      const [answer] = await answered
      answer.resume()
      const ended = await fetch(`${answer.headers.location}&digest=${encodeURIComponent(digestOf(layer))}`, {
        method: 'PUT',
      })
      expect(ended.status).toBe(201)
      expect((await buffer(await client.getBlob('team/app', digestOf(layer)))).equals(layer)).toBe(true)
      expect(await Array.fromAsync(storage.hidden())).toEqual([])
      await expectPartsToBeTheDisk()
    })

    it("the registry's own collector frees what the survey says, segments too, also those of a copy", async () => {
      await storage.delete(['trash/copy'])
      const { candidates, parts } = await survey()
      expect(parts.unreferenced.bytes).toBeGreaterThanOrEqual(5 * MiB)
      const [large] = candidates.filter(({ size }) => size === 5 * MiB)
      await storage.copy(blobKey(large?.digest ?? ''), 'trash/copy')
      const { bytes } = await bed.disk(`${PREFIX}/`)
      await collectGarbage(registry)
      const freed = bytes - (await bed.disk(`${PREFIX}/`)).bytes
      expect(freed).toBe(candidates.reduce((sum, { size }) => sum + size, 0))
      expect((await survey()).candidates).toEqual([])
      // It does not look who else has the segments.
      expect(await storage.head('trash/copy')).toMatchObject({ size: 0 })
      await expectPartsToBeTheDisk()
      await expectWhole()
    })
  })
})
