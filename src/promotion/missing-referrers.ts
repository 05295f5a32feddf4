import pMap from 'p-map'
import type { Side } from './copy/copy-client.ts'
import { hasAllLayers } from './copy/copy-cosign-tag.ts'
import { type FoundReferrer, findReferrers } from './copy/find-referrers.ts'

/** A signature of an SBOM of an image is the second level. */
const MOST_LEVELS = 8

const AT_ONCE = { concurrency: 8 }

/**
 * What refers to these manifests at the source, or to that, and is not at the target: by its `subject`, or by a tag of cosign. A tag
 * whose manifest at the target has all that the source's has is not missing. What the source lists and cannot give is left out.
 */
export async function missingReferrers(
  source: Side,
  target: Side,
  subjects: readonly string[],
): Promise<FoundReferrer[]> {
  const { signal } = new AbortController()
  const asked = new Set<string>()
  const missing: FoundReferrer[] = []
  let level = [...subjects]
  for (let depth = 0; level.length > 0 && depth < MOST_LEVELS; depth++) {
    for (const digest of level) asked.add(digest)
    const [ours, theirs] = await Promise.all([
      findReferrers(source, level, signal),
      findReferrers(target, level, signal),
    ])
    const there = new Set(theirs.map(nameOf))
    missing.push(...ours.filter((one) => !there.has(nameOf(one))))
    level = [...new Set(ours.map(({ digest }) => digest))].filter((digest) => !asked.has(digest))
  }
  const isMissing = await pMap(missing, (one) => isLacking(source, target, one), AT_ONCE)
  return missing.filter((_, n) => isMissing[n])
}

const nameOf = ({ subject, digest, tag = '' }: FoundReferrer): string => `${subject} ${digest} ${tag}`

async function isLacking(source: Side, target: Side, { digest, tag }: FoundReferrer): Promise<boolean> {
  const ours = await source.client.getManifest(source.repository, digest)
  if (ours === undefined) return false
  if (tag === undefined) return true
  const theirs = await target.client.getManifest(target.repository, tag)
  return theirs === undefined || !hasAllLayers(theirs.bytes, ours.bytes)
}
