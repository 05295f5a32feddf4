import { expect, test } from 'vitest'
import { startFakeRegistry } from '../../lab/fake-registry.ts'
import { digestOf, OCI_MANIFEST, seededBytes } from '../../lab/image.ts'
import { upload } from '../../lab/push-image.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

/** Registries do not check the sizes that a manifest states. */
test.each([
  ['less', 1_200_000],
  ['as much as had arrived', 1_500_000],
  ['more', 4_000_000],
  ['nothing', 0],
])('a layer that says it has %s arrives, also if its upload breaks', async (name, size) => {
  const [ci, production] = [await startFakeRegistry(), await startFakeRegistry()]
  const [source, target] = [ci, production].map(({ url }) => makeRegistryClient({ name: 'lab', url }))
  if (source === undefined || target === undefined) throw new Error('no clients')
  try {
    const content = seededBytes(`lie ${name}`, 3_000_000)
    await upload(source, 'a/x', content)
    await upload(source, 'a/x', Buffer.from('{}'))
    const layer = { mediaType: 'application/octet-stream', digest: digestOf(content), size }
    const config = {
      mediaType: 'application/vnd.oci.empty.v1+json',
      digest: digestOf(Buffer.from('{}')),
      size: 2,
    }
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] }),
    )
    const digest = await source.putManifest('a/x', 'v1', bytes, OCI_MANIFEST)
    let isBroken = false
    production.onRequest(({ method }) => {
      if (method !== 'PATCH' || isBroken) return undefined
      isBroken = true
      return { takes: 1_500_000 }
    })
    await makeCopier().copyImage({
      source: { client: source, repository: 'a/x' },
      target: { client: target, repository: 'b/x' },
      ...{ sameRegistry: false, digest, sparse: 'refuse', verify: 'full', referrers: false },
      mountFrom: async () => [],
    })
    expect(isBroken).toBe(true)
    expect(production.repositories.get('b/x')?.blobs.get(layer.digest)?.equals(content)).toBe(true)
    expect(production.openUploads()).toBe(0)
  } finally {
    await Promise.all([source.close(), target.close(), ci.close(), production.close()])
  }
})
