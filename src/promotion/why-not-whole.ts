import pMap from 'p-map'
import { InvalidManifest } from '../registry/registry-error.ts'
import type { Side } from './copy/copy-client.ts'
import { CopyError } from './copy/copy-error.ts'
import { givesBlob } from './copy/gives-blob.ts'
import { hasImage } from './copy/has-image.ts'
import { makeGraphReader } from './copy/read-graph.ts'

const AT_ONCE = { concurrency: 8 }

/**
 * Why an image of a registry cannot be pulled; `undefined` if it can, or if it is of a kind that cannot be read. A byte of each
 * content is read. Of an index, images may be absent as long as one is left: it may have been copied so. @throws RegistryError
 */
export async function whyNotWhole(at: Side, digest: string): Promise<string | undefined> {
  try {
    return await lookAtAll(at, digest)
  } catch (error) {
    if (error instanceof InvalidManifest) return undefined
    if (error instanceof CopyError) return error.message
    throw error
  }
}

async function lookAtAll(at: Side, digest: string): Promise<string | undefined> {
  const { signal } = new AbortController()
  const reader = makeGraphReader({ from: at, sparse: 'allow', signal })
  const nodes = await reader.read(digest)
  if (reader.absent.size > 0 && !hasImage(nodes)) return 'the target has none of its images any more'
  const contents = nodes.flatMap(({ manifest: { config, layers } }) => [
    ...(config ? [config] : []),
    ...layers,
  ])
  const digests = [...new Set(contents.filter(({ foreign }) => !foreign).map((content) => content.digest))]
  const given = await pMap(digests, (content) => givesBlob(at, content), AT_ONCE)
  const [lost] = digests.filter((_, n) => !given[n])
  return lost && `the target does not have ${lost} of it any more`
}
