import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { seededBytes } from '../../lab/image.ts'
import { upload } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

it('a blob that is gone from the storage is not read, though a registry with a cache answers 200 to HEAD', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-lost-blob-'))
  const root = join(folder, 'storage')
  const storage = `  filesystem: {rootdirectory: ${root}}\n  cache: {blobdescriptor: inmemory}`
  const registry = await startRegistry({ folder, storage })
  const client = makeRegistryClient({ name: 'lab', url: registry.url })
  onTestFinished(async () => {
    await client.close()
    await registry.close()
  })
  for (const length of [100, 3_000_000]) {
    const digest = await upload(client, 'a', seededBytes('lost', length))
    expect(await client.readsBlob('a', digest)).toBe(true)
    const hex = digest.slice('sha256:'.length)
    await rm(join(root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'))
    expect(await client.headBlob('a', digest)).toEqual({ digest, size: length })
    expect(await client.readsBlob('a', digest)).toBe(false)
  }
})
