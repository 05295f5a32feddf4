import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOf, makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { collectGarbage } from '../reconcile/collect-garbage.ts'
import { FROM, imageOf, useCopyBed } from './copy-bed.ts'
import { push } from './copy-graphs.ts'
import { makeMemoryRegistry } from './copy-memory-registry.ts'

const bed = useCopyBed()

test('a layer that the target says it has, and cannot give, is sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-cached-'))
  const storage = `  filesystem: {rootdirectory: ${join(folder, 'storage')}}\n  cache: {blobdescriptor: inmemory}`
  const registry = await startRegistry({ folder, storage })
  const client = makeRegistryClient({ name: 'cached', url: registry.url })
  try {
    const base = { seed: 'base of two images', bytes: 30_000 }
    const [old, young] = [
      makeImage({ layers: [base], label: 'old' }),
      makeImage({ layers: [base], label: 'young' }),
    ]
    await bed.pushed(old)
    await bed.pushed(young)
    const { copyImage } = makeCopier()
    const target = { client, repository: 'a/x' }
    await copyImage(bed.request(old.root.digest, '', { target }))
    await client.deleteManifest('a/x', old.root.digest)
    await collectGarbage(registry)
    const [layer = ''] = young.blobs.keys()
    expect(await client.headBlob('a/x', layer)).toBeDefined() // So the cache says.
    expect(await client.readsBlob('a/x', layer).catch(() => false)).toBe(false)

    const copied = await copyImage(bed.request(young.root.digest, '', { target }))
    expect(copied.blobs.sent.count).toBe(young.blobs.size)
    for (const digest of young.blobs.keys()) expect(await client.readsBlob('a/x', digest)).toBe(true)
    expect((await client.getManifest('a/x', young.root.digest))?.descriptor.digest).toBe(young.root.digest)
  } finally {
    await client.close()
    await registry.close()
  }
})

/** Where a registry on a filesystem keeps a blob. */
const fileOf = (folder: string, digest: string) => {
  const hex = digest.slice('sha256:'.length)
  return join(folder, 'storage/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
}

test('with `full`, content of the right length that is wrong fails the copy, which may be tried again', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  await pushImage(bed.target, to, 'v1', image)
  const [layer = ''] = image.blobs.keys()
  const file = fileOf(bed.production.folder, layer)
  await writeFile(file, (await readFile(file)).fill(7))
  // A byte tells nothing, and docker registry does not store again what it believes to have.
  expect((await bed.copy(image.root.digest, to)).blobs.present.count).toBe(image.blobs.size)
  await expect(bed.copy(image.root.digest, to, { verify: 'full' })).rejects.toMatchObject({
    ...{ name: 'CopyError', code: 'not kept', retry: true },
    message: `${to}@${layer} was sent, and other content comes back`,
  })
})

const memory = async () => {
  const [source, target] = [makeMemoryRegistry(), makeMemoryRegistry()]
  const draft = { kind: 'image' as const, blobs: [1, 2], below: [1], subject: undefined, tagOf: undefined }
  const { root } = await push({ drafts: [draft], root: 0 }, source, FROM)
  const copier = makeCopier()
  const copy = (verify: 'sample' | 'full') =>
    copier.copyImage({
      source: { client: source.client, repository: FROM },
      target: { client: target.client, repository: 'a/x' },
      ...{ sameRegistry: false, digest: root, sparse: 'refuse', verify, referrers: false },
      mountFrom: async () => [],
    })
  return { source, target, copy }
}

test('with `full`, wrong content is replaced by an upload of its own, and everything is read and hashed', async () => {
  const { source, target, copy } = await memory()
  const blobs = [...source.repository(FROM).blobs.keys()]
  const [wrong = ''] = blobs
  target.repository('a/x').blobs.set(wrong, Buffer.from('wrong'))
  const copied = await copy('full')
  expect(copied.blobs.sent.count).toBe(blobs.length)
  for (const [digest, blob] of target.repository('a/x').blobs) expect(digestOf(blob)).toBe(digest)
  for (const digest of blobs) expect(target.calls).toContain(`getBlob a/x ${digest}`)
})

test('what was read only in part before is read in full if that is wanted', async () => {
  const { source, target, copy } = await memory()
  await copy('sample')
  target.calls.length = 0
  await copy('full')
  for (const digest of source.repository(FROM).blobs.keys())
    expect(target.calls).toContain(`getBlob a/x ${digest}`)
  target.calls.length = 0
  await copy('sample')
  expect(target.calls.filter((call) => call.includes('Blob'))).toEqual([])
})
