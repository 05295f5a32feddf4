import { expect, test } from 'vitest'
import { type LabImage, makeBuildKitCache, makeImage, makeIndex, makeReferrer } from '../../lab/image.ts'
import { lostPlatforms } from '../../src/promotion/lost-platforms.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

const image = (architecture: string, label = '') =>
  makeImage({ layers: [{ seed: architecture, bytes: 10 }], architecture, label })
const index = (...architectures: string[]) =>
  makeIndex(architectures.map((architecture) => ({ architecture, image: image(architecture) })))

/** What is lost if a repository that has both moves a tag from one to the other. */
function lost(from: LabImage, to: LabImage): Promise<string[]> {
  const manifests = new Map([...from.manifests, ...to.manifests])
  const blobs = new Map([...from.blobs, ...to.blobs])
  const client = {
    async getManifest(_: string, digest: string) {
      const found = manifests.get(digest)
      return found && { bytes: found.bytes, descriptor: { ...found, digest, size: found.bytes.length } }
    },
    async getConfig(_: string, digest: string) {
      const found = blobs.get(digest)
      if (found === undefined)
        throw new RegistryError({ registry: 'r', operation: 'GET', reason: '', status: 404 })
      return found
    },
  }
  return lostPlatforms({ client, repository: 'app' }, from.root.digest, to.root.digest)
}

test.each<[string, LabImage, LabImage, string[]]>([
  [
    'an index, and one of its images',
    index('amd64', 'arm64', 'arm'),
    image('amd64'),
    ['linux/arm', 'linux/arm64'],
  ],
  ['an index, and a smaller one', index('amd64', 'arm64'), index('amd64'), ['linux/arm64']],
  ['an image, and one for another platform', image('amd64'), image('arm64'), ['linux/amd64']],
  ['two images for one platform', image('amd64'), image('amd64', 'younger'), []],
  ['an image, and an index with it', image('amd64'), index('amd64', 'arm64'), []],
  ['the same', index('amd64'), index('amd64'), []],
  // Nothing tells that it is an image.
  ['an index, and an artifact', index('amd64'), makeReferrer(image('amd64').root, 'sbom'), []],
  ['an index, and a cache', index('amd64'), makeBuildKitCache([{ seed: 'c', bytes: 10 }]), []],
  ['an index, and an image without its config', index('amd64'), { ...image('arm64'), blobs: new Map() }, []],
])('%s', async (_, from, to, expected) => {
  expect(await lost(from, to)).toEqual(expected)
})
