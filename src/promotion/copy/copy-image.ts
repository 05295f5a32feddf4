import { addAbortListener } from 'node:events'
import type { BlobWay, Copied, CopiedReferrers } from './copied.ts'
import type { BlobCopy } from './copy-blob.ts'
import type { Side } from './copy-client.ts'
import { CopyError } from './copy-error.ts'
import { copyReferrersOf, type ReferrerLimits } from './copy-referrers.ts'
import type { Verify } from './flights.ts'
import { hasImage } from './has-image.ts'
import { type CopyProgress, trackProgress } from './progress.ts'
import { makeGraphReader } from './read-graph.ts'
import { makeTargetStates } from './target-state.ts'
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
  /** What may belong to the image. More is refused. */
  limits?: ReferrerLimits
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

  /** Gives `run` what one copy needs, until it has ended. */
  async function within<T>(
    request: ReferrersRequest,
    run: (parts: { copy: BlobCopy; writer: GraphWriter; allOf: AllOf }) => Promise<T>,
  ): Promise<T> {
    const stop = new AbortController()
    const { signal = new AbortController().signal } = request
    const link = addAbortListener(signal, () => stop.abort(signal.reason))
    const fail = (error: unknown) => stop.abort(error)
    const allOf: AllOf = async (works) => {
      await Promise.all(works.map((work) => work.catch(fail)))
      stop.signal.throwIfAborted()
      return Promise.all(works)
    }
    const copy: BlobCopy = {
      ...{ ...request, signal, stopped: stop.signal, state: stateOf(request.target.client) },
      progress: trackProgress(request.onProgress),
    }
    try {
      return await run({ copy, allOf, writer: makeGraphWriter(copy, fail) })
    } finally {
      link[Symbol.dispose]()
    }
  }

  return {
    copyImage: (request) =>
      within(request, async ({ copy, writer, allOf }) => {
        const { source, digest, sparse, platforms, limits } = request
        const reader = makeGraphReader({ from: source, sparse, platforms, signal: copy.stopped })
        const nodes = await reader.read(digest)
        const [root] = nodes.slice(-1)
        const name = `${source.repository}@${digest}`
        if (root === undefined || (reader.leftOut.size > 0 && !hasImage(nodes, platforms ?? [])))
          throw new CopyError('no platform', `${name} is for none of ${platforms}`)
        if (reader.absent.size > 0 && !hasImage(nodes))
          throw new CopyError('absent', `none of the images of ${name} is in its registry`)
        const manifests = nodes.map((node) => node.digest)
        const writing = writer.write(nodes, reader.childrenOf)
        const parts = { copy, reader, writer, limits }
        const referrers = request.referrers ? copyReferrersOf(manifests, parts) : NOTHING
        const [belonging] = await allOf([referrers, writing])
        return {
          ...{ ...belonging, blobs: countWays(writer) },
          root: { digest: root.digest, mediaType: root.mediaType, bytes: root.bytes },
          manifests: [...new Set([...manifests, ...belonging.manifests])],
          ...{ absent: [...reader.absent], leftOut: [...reader.leftOut] },
        }
      }),

    copyReferrers: (request) =>
      within(request, async ({ copy, writer, allOf }) => {
        const { source, target, digest, limits } = request
        const { stopped } = copy
        // The source may have deleted the image meanwhile, and the target need not have all children.
        const nodes = await makeGraphReader({ from: target, sparse: 'allow', signal: stopped }).read(digest)
        const reader = makeGraphReader({ from: source, sparse: 'refuse', signal: stopped })
        const manifests = nodes.map((node) => node.digest)
        const [belonging] = await allOf([copyReferrersOf(manifests, { copy, reader, writer, limits })])
        return { ...belonging, blobs: countWays(writer) }
      }),
  }
}

/** Waits for the end of all works, also if one fails; then none begins anything new. @throws what failed first */
type AllOf = <const T extends Promise<unknown>[]>(works: T) => Promise<{ [K in keyof T]: Awaited<T[K]> }>

const NOTHING = Promise.resolve<Omit<CopiedReferrers, 'blobs'>>({
  ...{ manifests: [], referrers: [], tags: [], leftBehind: [] },
})

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
