import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { upload } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { PARTS } from '../../src/space/survey.ts'
import { surveyStorage } from '../../src/space/survey-storage.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { blobKey } from '../../src/storage/layout.ts'
import { collectGarbage } from '../reconcile/collect-garbage.ts'
import { ALLOW_FOREIGN, fillRegistry } from '../reconcile/filled-registry.ts'

const projectOf = (repository: string) => repository.split('/')[0] ?? ''

describe('a registry on a folder, with all kinds of content, garbage and strangers', () => {
  let registry: LabRegistry
  let deleted: number
  const orphan = randomBytes(5_000)
  const layer = randomBytes(7_000)
  const survey = () => surveyStorage(makeFolderStorage({ path: registry.storage }), { projectOf })
  const bytesOnDisk = async () => {
    let [objects, bytes] = [0, 0]
    for await (const { size } of makeFolderStorage({ path: registry.storage }).list('')) {
      objects++
      bytes += size
    }
    return { objects, bytes }
  }

  beforeAll(async () => {
    registry = await startRegistry({ extra: ALLOW_FOREIGN })
    const client = makeRegistryClient({ name: 'lab', url: registry.url })
    try {
      deleted = (await fillRegistry(client)).deleted.length
      await upload(client, 'team/app', layer)
      const { url } = registry
      // An upload that begins and never ends.
      const begun = await fetch(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
      await fetch(begun.headers.get('location') ?? '', {
        ...{ method: 'PATCH', body: randomBytes(3_000) },
        headers: { 'content-type': 'application/octet-stream' },
      })
    } finally {
      await client.close()
    }
    for (const [key, bytes] of [
      [blobKey(digestOf(orphan)), orphan],
      ['lost+found/note', Buffer.from('of nobody')],
    ] as const) {
      await mkdir(dirname(join(registry.storage, key)), { recursive: true })
      await writeFile(join(registry.storage, key), bytes)
    }
  })
  afterAll(() => registry?.close())

  it('its parts add up to the disk', async () => {
    const { parts } = await survey()
    const sum = { objects: 0, bytes: 0 }
    for (const part of PARTS) {
      sum.objects += parts[part].objects
      sum.bytes += parts[part].bytes
    }
    expect(sum).toEqual(await bytesOnDisk())
    expect(parts.other).toEqual({ objects: 1, bytes: 9 })
    // The manifests that were deleted are orphaned, too.
    expect(parts.orphaned.objects).toBe(1 + deleted)
    expect(parts.unreferenced.bytes).toBeGreaterThanOrEqual(7_000)
  })

  it('tells the upload that is open, and who uploaded what nothing names', async () => {
    const { uploads, candidates } = await survey()
    expect(uploads).toMatchObject([{ repository: 'team/app' }])
    expect(uploads[0]?.bytes).toBeGreaterThanOrEqual(3_000)
    expect(Math.abs(Date.now() - (uploads[0]?.startedAt ?? 0))).toBeLessThan(600_000)
    expect(candidates).toContainEqual(
      expect.objectContaining({ digest: digestOf(layer), size: 7_000, project: 'team' }),
    )
    expect(candidates).toContainEqual(
      expect.objectContaining({ digest: digestOf(orphan), size: 5_000, project: undefined }),
    )
  })

  it("what a collection would free is what the registry's own collector frees", async () => {
    const { candidates, parts, unreadable } = await survey()
    expect(unreadable).toEqual([])
    const before = await bytesOnDisk()
    await collectGarbage(registry)
    const after = await survey()
    expect(after.candidates).toEqual([])
    expect(after.parts.referenced).toEqual(parts.referenced)
    const freed = candidates.reduce((sum, { size }) => sum + size, 0)
    expect(parts.unreferenced.bytes + parts.orphaned.bytes).toBe(freed)
    expect(before.bytes - (await bytesOnDisk()).bytes).toBe(freed)
    expect(after.linksWithoutBlob).toBeGreaterThan(0)
  })
})
