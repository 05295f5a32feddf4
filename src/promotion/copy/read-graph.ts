import pMap from 'p-map'
import type { FetchedManifest } from '../../registry/client.ts'
import { type ParsedManifest, parseManifest } from '../../registry/manifest.ts'
import { InvalidManifest } from '../../registry/registry-error.ts'
import type { StoredManifest } from './copied.ts'
import type { Side } from './copy-client.ts'
import { CopyError } from './copy-error.ts'
import { isForPlatforms } from './platforms.ts'

/** A manifest of the source. */
export interface GraphNode extends StoredManifest {
  manifest: ParsedManifest
}

/** What one copy may read. A usual index has a dozen manifests, each of some kB. */
export interface GraphLimits {
  manifests: number
  /** of all manifests */
  bytes: number
  /** Indexes in indexes. */
  levels: number
}
export const GRAPH_LIMITS: GraphLimits = { manifests: 5_000, bytes: 64 * 1024 * 1024, levels: 8 }

const AT_ONCE = { concurrency: 8 }

export interface GraphReader {
  /**
   * Reads a manifest with all below it: children come before the index that lists them.
   * @throws RegistryError, InvalidManifest, or CopyError if the source lacks a part or there is too much of it
   */
  read(root: string): Promise<GraphNode[]>
  /** Takes a manifest that was read already, so that `read` need not ask for it. */
  learn(manifest: FetchedManifest): void
  /** The children of a node that were read, each once. */
  childrenOf(node: GraphNode): string[]
  /** Children that the source does not have. */
  readonly absent: ReadonlySet<string>
  /** Children for other platforms. */
  readonly leftOut: ReadonlySet<string>
}

/** Reads graphs of manifests, each manifest once and level by level. All that one reader reads counts to its limits. */
export function makeGraphReader(options: {
  from: Side
  sparse: 'refuse' | 'allow'
  platforms?: readonly string[] | undefined
  signal: AbortSignal
  limits?: GraphLimits
}): GraphReader {
  const { from, sparse, platforms, signal, limits = GRAPH_LIMITS } = options
  const fetched = new Map<string, Promise<GraphNode | undefined>>()
  const nodes = new Map<string, GraphNode>()
  const absent = new Set<string>()
  const leftOut = new Set<string>()
  let bytes = 0

  const nameOf = (digest: string) => `${from.repository}@${digest}`

  function fetchOnce(digest: string, get = () => from.client.getManifest(from.repository, digest)) {
    const begun = fetched.get(digest)
    if (begun !== undefined) return begun
    const fetching = fetchNode(digest, get)
    fetched.set(digest, fetching)
    return fetching
  }

  async function fetchNode(
    digest: string,
    get: () => Promise<FetchedManifest | undefined>,
  ): Promise<GraphNode | undefined> {
    signal.throwIfAborted()
    if (fetched.size >= limits.manifests) throw tooMuch(digest, `${limits.manifests} manifests`)
    const found = await get()
    if (found === undefined) return undefined
    bytes += found.bytes.length
    if (bytes > limits.bytes) throw tooMuch(digest, `${limits.bytes} bytes of manifests`)
    const manifest = parse(found.bytes, found.descriptor.mediaType, nameOf(digest))
    const node = { digest, bytes: found.bytes, mediaType: manifest.mediaType, manifest }
    nodes.set(digest, node)
    return node
  }

  const tooMuch = (digest: string, limit: string) =>
    new CopyError('too much', `more than ${limit} belong to one image, with ${nameOf(digest)}`)

  /** The children that are to be read. */
  function wanted({ manifest }: GraphNode): string[] {
    const chosen = manifest.children.filter((child) => {
      if (platforms === undefined || isForPlatforms(child, platforms)) return true
      leftOut.add(child.digest)
      return false
    })
    return [...new Set(chosen.map(({ digest }) => digest))]
  }

  async function read(root: string): Promise<GraphNode[]> {
    const seen = new Set([root])
    let level = [root]
    for (let depth = 1; level.length > 0; depth++) {
      if (depth > limits.levels) throw tooMuch(root, `${limits.levels} levels of indexes`)
      const found = await pMap(level, (digest) => fetchOnce(digest), AT_ONCE)
      for (const [n, node] of found.entries()) if (node === undefined) noteAbsent(level[n] ?? root, root)
      const below = found.flatMap((node) => (node === undefined ? [] : wanted(node)))
      level = [...new Set(below)].filter((digest) => !seen.has(digest))
      for (const digest of level) seen.add(digest)
    }
    return childrenFirst(root)
  }

  function noteAbsent(digest: string, root: string): void {
    if (digest === root || sparse === 'refuse')
      throw new CopyError('absent', `${nameOf(digest)} is not in its registry`)
    absent.add(digest)
  }

  const childrenOf = (node: GraphNode) => wanted(node).filter((digest) => nodes.has(digest))

  function childrenFirst(root: string): GraphNode[] {
    const ordered = new Set<GraphNode>()
    const add = (digest: string) => {
      const node = nodes.get(digest)
      if (node === undefined || ordered.has(node)) return
      for (const child of childrenOf(node)) add(child)
      ordered.add(node)
    }
    add(root)
    return [...ordered]
  }

  const learn = (manifest: FetchedManifest) => {
    // `read` reports what is wrong with it.
    fetchOnce(manifest.descriptor.digest, async () => manifest).catch(() => undefined)
  }

  return { read, learn, childrenOf, absent, leftOut }
}

/** @throws InvalidManifest with the name of the manifest */
function parse(bytes: Buffer, mediaType: string, name: string): ParsedManifest {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (error instanceof InvalidManifest) throw new InvalidManifest(`${name}: ${error.message}`)
    throw error
  }
}
