import { expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { readRepository } from '../../src/reconcile/api-repository.ts'
import type { RegistryClient } from '../../src/registry/client.ts'

const image = makeImage({ layers: [{ seed: 'lying head', bytes: 900 }], label: 'x' })

/** A registry that says another length in answer to HEAD than it gives. `read`: what a GET of a blob says. */
function clientOf(head: number, read: (size: number) => number | undefined): RegistryClient {
  const { root, manifests, blobs } = image
  const descriptor = { mediaType: root.mediaType, digest: root.digest, size: root.size }
  const client: Partial<RegistryClient> = {
    async *tags() {
      yield 'v1'
    },
    headManifest: async () => descriptor,
    getManifest: async () => ({ descriptor, bytes: manifests.get(root.digest)?.bytes ?? Buffer.alloc(0) }),
    headBlob: async (_, digest) => ({ digest, size: head }),
    blobSize: async (_, digest) => read(blobs.get(digest)?.length ?? 0),
  }
  return client as RegistryClient
}

const readWith = (client: RegistryClient) =>
  readRepository({
    ...{ client, repository: 'a/b', expected: undefined, mostBlobs: 0, now: 0 },
    ages: { withAges: async (reading) => reading },
    checks: { takes: () => true, spend: () => {}, pace: async () => {} },
  })

test('a length that only HEAD tells breaks no image, and is no size of a blob', async () => {
  const { manifests, measured } = await readWith(clientOf(0, (size) => size))
  expect(manifests.map(({ damages }) => damages)).toEqual([[]])
  expect(measured?.map(({ size }) => size).toSorted()).toEqual(
    [...image.blobs.values()].map(({ length }) => length).toSorted(),
  )
})

test.for([7, undefined])(
  'a wrong length that a GET tells too, or does not deny, is damage: %s',
  async (read) => {
    const { manifests } = await readWith(clientOf(7, () => read))
    expect(manifests[0]?.damages?.map(({ fault, found }) => [fault, found])).toEqual([
      ['size', 7],
      ['size', 7],
    ])
  },
)
