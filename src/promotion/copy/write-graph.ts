import type { Descriptor } from '../../registry/descriptor.ts'
import { lacksContents, RegistryError } from '../../registry/registry-error.ts'
import { type ArrivedBlob, type BlobCopy, copyBlob } from './copy-blob.ts'
import { CopyError } from './copy-error.ts'
import { runOnce } from './flights.ts'
import type { GraphNode } from './read-graph.ts'
import { readBack, writeTag } from './write-tag.ts'

export interface GraphWriter {
  /** Brings manifests with their blobs to the target. `nodes` name children before the index that lists them. */
  write(nodes: readonly GraphNode[], childrenOf: (node: GraphNode) => string[]): Promise<void>
  /** How each blob came, by digest. */
  readonly ways: ReadonlyMap<string, ArrivedBlob>
}

/**
 * Writes manifests by digest, each once, after all that it lists: so the target never has a manifest whose content is not
 * whole (OCI distribution spec 1.1, "Pushing Manifests"). What the target says is believed after it was read: each manifest
 * whole, and of each blob that this copy did not send, one byte. Blobs of a manifest that is still there are not read
 * again within minutes.
 */
export function makeGraphWriter(
  copy: BlobCopy,
  /** Called with what fails. The first failure is thrown in the end. */
  fail: (error: unknown) => void,
): GraphWriter {
  const { source, target, verify, state, stopped, progress } = copy
  const { whole, asking } = state
  const written = new Map<string, Promise<void>>()
  const blobs = new Map<string, Promise<void>>()
  const ways = new Map<string, ArrivedBlob>()

  const bringBlob = (blob: Descriptor): Promise<void> => {
    const begun = blobs.get(blob.digest)
    if (begun !== undefined) return begun
    const bringing = bring(blob).catch(fail)
    blobs.set(blob.digest, bringing)
    return bringing
  }

  async function bring(blob: Descriptor): Promise<void> {
    const isElsewhere =
      blob.foreign && (await source.client.headBlob(source.repository, blob.digest)) === undefined
    if (!isElsewhere) ways.set(blob.digest, await copyBlob(copy, blob))
    progress.arrived(blob)
  }

  async function writeNode(node: GraphNode, below: Promise<void>[]): Promise<void> {
    const key = `${target.repository}@${node.digest}`
    const wanted = { key, repository: target.repository, verify, stopped }
    await runOnce(state.flights, wanted, () => writeOnce(node, key, below))
    await Promise.all(below)
    stopped.throwIfAborted()
    // Those that another copy brought, or that need no look.
    for (const blob of contentsOf(node)) if (!blobs.has(blob.digest)) noteArrived(blob)
    progress.written()
  }

  function noteArrived(blob: Descriptor): void {
    ways.set(blob.digest, { way: 'present', bytes: blob.size })
    progress.arrived(blob)
  }

  async function writeOnce(node: GraphNode, key: string, below: Promise<void>[]): Promise<void> {
    const checked = whole.get(key)
    const isThere = asking(() => readBack(target, node.digest, node))
    if ((checked === 'full' || checked === verify) && (await isThere)) return
    await Promise.all([isThere, ...below, ...contentsOf(node).map(bringBlob)])
    stopped.throwIfAborted()
    if (!(await isThere)) await asking(() => writeWhole(node))
    whole.set(key, verify)
  }

  /** @throws as `writeTag`; CopyError if the target misses what it has taken, for it may have it in the next moment */
  async function writeWhole(node: GraphNode): Promise<void> {
    try {
      await writeTag(target, node.digest, node)
    } catch (error) {
      const contents = contentsOf(node)
      const isBrought = contents.length > 0 && contents.every(({ digest }) => ways.has(digest))
      // Docker registry 2.8 does so while the same blob is sent to it once more, by somebody else.
      if (isBrought && error instanceof RegistryError && lacksContents(error))
        throw new CopyError('not kept', error.message)
      throw error
    }
  }

  return {
    ways,
    async write(nodes, childrenOf) {
      for (const blob of nodes.flatMap(contentsOf)) progress.expect(blob)
      for (const node of nodes) {
        const below = childrenOf(node).flatMap((digest) => written.get(digest) ?? [])
        if (!written.has(node.digest)) written.set(node.digest, writeNode(node, below).catch(fail))
      }
      await Promise.all(nodes.map(({ digest }) => written.get(digest)))
      // After a failure, what is being sent is sent to its end: the next try need not send it again.
      await Promise.all(blobs.values())
      stopped.throwIfAborted()
    },
  }
}

/** The blobs of a manifest. */
const contentsOf = ({ manifest: { config, layers } }: GraphNode): Descriptor[] => [
  ...(config === undefined ? [] : [config]),
  ...layers,
]
