import pMap from 'p-map'
import type { Descriptor } from '../../registry/descriptor.ts'
import type { Referrer } from '../../registry/referrers-api.ts'
import { InvalidManifest } from '../../registry/registry-error.ts'
import type { CopiedReferrer, CopiedReferrers, CopiedTag } from './copied.ts'
import type { BlobCopy } from './copy-blob.ts'
import type { Side } from './copy-client.ts'
import { copyCosignTag } from './copy-cosign-tag.ts'
import { CopyError } from './copy-error.ts'
import { type FoundReferrer, findReferrers } from './find-referrers.ts'
import { runOnce } from './flights.ts'
import type { GraphNode, GraphReader } from './read-graph.ts'
import type { GraphWriter } from './write-graph.ts'

/** What may belong to all manifests of an image together. Whoever may push to the source can add to it. */
export interface ReferrerLimits {
  count: number
  /** Of their configs and layers, as the source has them. */
  bytes: number
}
export const REFERRER_LIMITS: ReferrerLimits = { count: 1_000, bytes: 10 * 1024 ** 3 }

/** A signature of an SBOM of an image is the second level. */
const MOST_LEVELS = 8
const AT_ONCE = { concurrency: 4 }

/**
 * Copies what belongs to manifests, and what belongs to that: signatures, attestations, SBOMs. Lists of referrers at the
 * target are added to, never replaced. Returns without blobs, which the writer has.
 * @throws as `read` does, and CopyError if there is too much
 */
export async function copyReferrersOf(
  subjects: readonly string[],
  {
    copy,
    reader,
    writer,
    limits = REFERRER_LIMITS,
  }: { copy: BlobCopy; reader: GraphReader; writer: GraphWriter; limits?: ReferrerLimits | undefined },
): Promise<Omit<CopiedReferrers, 'blobs'>> {
  const { source, target, state, verify, stopped } = copy
  const nodes = new Map<string, GraphNode>()
  const leftBehind = new Map<string, string>()
  const found: FoundReferrer[] = []

  const held = new Map<string, Promise<boolean>>()
  let bytes = 0
  async function isHeld({ digest, size }: Descriptor): Promise<boolean> {
    const blob = await source.client.headBlob(source.repository, digest)
    if (blob === undefined) return false
    // Registries do not check the size that a manifest states.
    bytes += blob.size ?? size
    if (bytes > limits.bytes) throw tooMuch(source, subjects.at(-1), `${limits.bytes} bytes of referrers`)
    return true
  }
  /** @throws CopyError if the source has lost it: a registry takes no manifest without its content */
  async function requireBlob(blob: Descriptor): Promise<void> {
    const { digest, foreign } = blob
    const asked = held.get(digest) ?? isHeld(blob)
    held.set(digest, asked)
    if (!(await asked) && !foreign)
      throw new CopyError('absent', `${source.repository}@${digest} is not in its registry`)
  }

  /** Reads a referrer. Whoever may push to the source can list what is not there, which must not stop an image. */
  async function readReferrer(digest: string): Promise<GraphNode[]> {
    try {
      const read = await reader.read(digest)
      const contents = read.flatMap(({ manifest }) => [manifest.config ?? [], manifest.layers].flat())
      await pMap(contents, requireBlob, AT_ONCE)
      return read
    } catch (error) {
      const isFaulty =
        error instanceof InvalidManifest || (error instanceof CopyError && error.code === 'absent')
      if (!isFaulty) throw error
      leftBehind.set(digest, error.message)
      return []
    }
  }

  const asked = new Set<string>()
  let level = [...subjects]
  for (let depth = 0; level.length > 0; depth++) {
    for (const digest of level) asked.add(digest)
    const next = await findReferrers(source, level, stopped)
    found.push(...next)
    for (const { tagged } of next) if (tagged !== undefined) reader.learn(tagged.manifest)
    if (found.length > limits.count) throw tooMuch(source, subjects.at(-1), `${limits.count} referrers`)
    if (next.length > 0 && depth === MOST_LEVELS)
      throw tooMuch(source, subjects.at(-1), `${MOST_LEVELS} levels of referrers`)
    const digests = [...new Set(next.map(({ digest }) => digest))]
    for (const node of (await pMap(digests, readReferrer, AT_ONCE)).flat()) nodes.set(node.digest, node)
    level = [...nodes.keys()].filter((digest) => !asked.has(digest))
  }
  await writer.write([...nodes.values()], reader.childrenOf)

  const arrived = found.flatMap((one) => {
    const node = nodes.get(one.digest)
    return node === undefined ? [] : [{ ...one, node }]
  })
  const byTag = arrived.flatMap(({ tagged, node }) =>
    tagged === undefined ? [] : [{ tag: tagged.tag, node }],
  )
  const copyTag = async ({ tag, node }: { tag: string; node: GraphNode }): Promise<CopiedTag> => {
    const { repository } = target
    const wanted = { key: `${repository}:${tag}`, repository, verify, stopped }
    const copied = await runOnce(state.flights, wanted, () => copyCosignTag(target, tag, node))
    return copied ?? copyTag({ tag, node }) // Another copy was at it. It may have had another manifest.
  }
  const tags = await pMap(byTag, copyTag, AT_ONCE)
  const listed = arrived.filter(({ tagged }) => tagged === undefined)
  for (const [subject, group] of Map.groupBy(listed, (one) => one.subject))
    await target.client.addReferrers(
      target.repository,
      subject,
      group.map(({ node }) => descriptorOf(node)),
    )
  return {
    manifests: [...nodes.keys()],
    referrers: arrived.map(({ subject, node }) => ({ subject, ...typedDigest(node) })),
    tags,
    leftBehind: [...leftBehind].map(([digest, reason]) => ({ digest, reason })),
  }
}

const tooMuch = ({ repository }: Side, digest = '', limit: string) =>
  new CopyError('too much', `more than ${limit} belong to ${repository}@${digest}`)

function typedDigest(node: GraphNode): Pick<CopiedReferrer, 'digest' | 'artifactType'> {
  const { digest, artifactType } = descriptorOf(node)
  return { digest, ...(artifactType !== undefined && { artifactType }) }
}

/** What a list of referrers says of one (OCI distribution spec 1.1, "Pushing Manifests with Subject"). */
function descriptorOf({ digest, mediaType, bytes, manifest }: GraphNode): Referrer {
  const artifactType = manifest.artifactType ?? manifest.config?.mediaType
  const { annotations } = manifest
  return {
    ...{ mediaType, digest, size: bytes.length },
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
}
