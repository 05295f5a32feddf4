import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf, OCI_MANIFEST, seededBytes } from '../../lab/image.ts'
import { upload } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { readAll } from './read-all.ts'

let registry: LabRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'lab', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

it('a layer that a manifest names by its SHA-512 has the name by which the registry stores it', async () => {
  const [config, layer] = [Buffer.from('{}'), seededBytes('layer', 700)]
  await upload(client, 'a', config)
  const bySha512 = { digest: hashOf(layer, 'sha512'), size: layer.length }
  await client.uploadBlob('a', bySha512, async () => Readable.from([layer]))
  const body = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: 2 },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...bySha512 }],
  }
  await client.putManifest('a', 'v1', Buffer.from(JSON.stringify(body)), OCI_MANIFEST)

  const blob = (bytes: Buffer) => ({ kind: 'blob', digest: digestOf(bytes), size: bytes.length })
  const storage = makeStorageReader({ store: makeFolderView({ path: registry.storage }), place: 'the lab' })
  for (const reader of [makeApiReader({ client }), storage]) {
    const [reading] = await readAll(reader.read({ expected: [] }))
    expect(reading?.manifests.map(({ references }) => references)).toEqual([[blob(config), blob(layer)]])
    if (reader === storage)
      expect(reading?.links?.map(({ digest }) => digest).sort()).toEqual([config, layer].map(digestOf).sort())
  }
})
