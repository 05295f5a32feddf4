import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { upload } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { DOCKER_LAYER, DOCKER_MANIFEST, parseManifest, SCHEMA_1_SIGNED } from '../../src/registry/manifest.ts'
import { digestedBytes } from '../../src/registry/schema1.ts'

it('checks a signed schema-1 manifest without its signatures', async () => {
  const registry = await startRegistry({ extra: 'compatibility: {schema1: {enabled: true}}\n' })
  const client = makeRegistryClient({ name: 'lab', url: registry.url })
  try {
    const tar = Buffer.alloc(1024)
    const layer = gzipSync(tar)
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        history: [{ created_by: 'test' }],
        rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      }),
    )
    for (const blob of [layer, config]) await upload(client, 'old', blob)
    const configType = 'application/vnd.docker.container.image.v1+json'
    const manifest = {
      schemaVersion: 2,
      mediaType: DOCKER_MANIFEST,
      config: { mediaType: configType, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: DOCKER_LAYER, digest: digestOf(layer), size: layer.length }],
    }
    await client.putManifest('old', 'v1', Buffer.from(JSON.stringify(manifest)), DOCKER_MANIFEST)

    const served = await fetch(`${registry.url}/v2/old/manifests/v1`) // Without an Accept header the registry converts it to schema 1.
    const bytes = Buffer.from(await served.arrayBuffer())
    expect(served.headers.get('content-type')).toBe(SCHEMA_1_SIGNED)
    expect(hashOf(digestedBytes(bytes, SCHEMA_1_SIGNED))).toBe(served.headers.get('docker-content-digest'))
    expect(parseManifest(bytes, SCHEMA_1_SIGNED).layers).toEqual([
      { mediaType: DOCKER_LAYER, digest: digestOf(layer), size: 0 },
    ])

    const put = await client.putManifest('old', 'v0', bytes, SCHEMA_1_SIGNED)
    const back = await client.getManifest('old', put) // It is signed again: other bytes, the same digest.
    expect(back?.descriptor.digest).toBe(put)
  } finally {
    await client.close()
    await registry.close()
  }
})
