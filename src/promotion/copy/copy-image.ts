import type { BlobWay, Copied, CopiedReferrers } from './copied.ts'
import type { BlobCopy } from './copy-blob.ts'
import type { Side } from './copy-client.ts'
import { CopyError } from './copy-error.ts'
import { copyReferrersOf } from './copy-referrers.ts'
import { isForPlatforms } from './platforms.ts'
import { type CopyProgress, trackProgress } from './progress.ts'
import { type GraphNode, makeGraphReader } from './read-graph.ts'
import { makeTargetStates, type Verify } from './target-state.ts'
import { type GraphWriter, makeGraphWriter } from './write-graph.ts'

export interface ReferrersRequest {
  source: Side
  target: Side
  sameRegistry: boolean
  /** The image. */
  digest: string
  /** `full` reads and hashes every blob at the target; `sample` reads a byte of each that this copy did not send. */
  verify: Verify
  /** Repositories of the target's registry that the index knows to have a blob. */
  mountFrom(digest: string): Promise<readonly string[]>
  onProgress?(progress: CopyProgress): void
  /** Ends the copy at once. */
  signal?: AbortSignal
}

export interface CopyRequest extends ReferrersRequest {
  /** What to do if the source lacks a child of an index: fail, or name it in `absent`. */
  sparse: 'refuse' | 'allow'
  /**
   * Copies only the children of an index for these, as `linux/amd64`. The index keeps its digest, so the target must take
   * an index without all of its children.
   */
  platforms?: readonly string[]
  /** Whether what belongs to the image comes along. */
  referrers: boolean
}

export interface Copier {
  /**
   * Copies an image by digest, with all below it and, if wanted, all that belongs to it. Writes no tag of the image. What
   * the target has is not sent again, so a copy that failed goes on where it stopped. After a failure nothing new begins,
   * but blobs that are being sent are sent to their end.
   * @throws RegistryError, InvalidManifest, CopyError, or the reason of `signal`
   */
  copyImage(request: CopyRequest): Promise<Copied>
  /** Copies what belongs to an image that is at the target already: what was pushed later. @throws as `copyImage` */
  copyReferrers(request: ReferrersRequest): Promise<CopiedReferrers>
}

/** Makes what copies images. The copies of one copier share transfers, slots and what they know of a registry. */
export function makeCopier(): Copier {
  const stateOf = makeTargetStates()

  function begin(request: ReferrersRequest) {
    const failed = new AbortController()
    const { signal = new AbortController().signal } = request
    const copy: BlobCopy = {
      ...{ ...request, signal, state: stateOf(request.target.client) },
      progress: trackProgress(request.onProgress),
      stopped: AbortSignal.any([failed.signal, signal]),
    }
    const fail = (error: unknown) => failed.abort(error)
    return { copy, fail, writer: makeGraphWriter(copy, fail) }
  }

  return {
    async copyImage(request) {
      const { source, target, digest, sparse, platforms } = request
      const { copy, fail, writer } = begin(request)
      const { stopped } = copy
      const reader = makeGraphReader({ from: source, sparse, platforms, signal: stopped })
      const nodes = await reader.read(digest)
      const [root] = nodes.slice(-1)
      if (root === undefined || (reader.leftOut.size > 0 && !hasPlatform(nodes, platforms)))
        throw new CopyError('no platform', `${source.repository}@${digest} is for none of ${platforms}`)
      const manifests = nodes.map((node) => node.digest)
      const [belonging] = await whole(stopped, fail, [
        request.referrers ? copyReferrersOf(manifests, { source, target, reader, writer, stopped }) : NOTHING,
        writer.write(nodes, reader.childrenOf),
      ])
      return {
        ...{ ...belonging, blobs: countWays(writer) },
        root: { digest: root.digest, mediaType: root.mediaType, bytes: root.bytes },
        manifests: [...new Set([...manifests, ...belonging.manifests])],
        ...{ absent: [...reader.absent], leftOut: [...reader.leftOut] },
      }
    },

    async copyReferrers(request) {
      const { source, target, digest } = request
      const { copy, fail, writer } = begin(request)
      const { stopped } = copy
      // The source may have deleted the image meanwhile, and the target need not have all children.
      const nodes = await makeGraphReader({ from: target, sparse: 'allow', signal: stopped }).read(digest)
      const reader = makeGraphReader({ from: source, sparse: 'refuse', signal: stopped })
      const manifests = nodes.map((node) => node.digest)
      const [belonging] = await whole(stopped, fail, [
        copyReferrersOf(manifests, { source, target, reader, writer, stopped }),
      ])
      return { ...belonging, blobs: countWays(writer) }
    },
  }
}

const NOTHING = Promise.resolve<Omit<CopiedReferrers, 'blobs'>>({
  ...{ manifests: [], referrers: [], tags: [], leftBehind: [] },
})

/** Waits for the end of all works, also if one fails; then none begins anything new. @throws what failed first */
async function whole<const T extends Promise<unknown>[]>(
  stopped: AbortSignal,
  fail: (error: unknown) => void,
  works: T,
) {
  await Promise.all(works.map((work) => work.catch(fail)))
  stopped.throwIfAborted()
  return Promise.all(works)
}

const hasPlatform = (nodes: readonly GraphNode[], platforms: readonly string[] = []): boolean =>
  nodes
    .flatMap(({ manifest }) => manifest.children)
    .some((child) => (child.platform?.os ?? 'unknown') !== 'unknown' && isForPlatforms(child, platforms))

function countWays({ ways }: GraphWriter): Copied['blobs'] {
  const none = () => ({ count: 0, bytes: 0 })
  const blobs: Record<BlobWay, { count: number; bytes: number }> = {
    ...{ sent: none(), mounted: none(), present: none() },
  }
  for (const { way, bytes } of ways.values()) {
    blobs[way].count += 1
    blobs[way].bytes += bytes
  }
  return blobs
}
