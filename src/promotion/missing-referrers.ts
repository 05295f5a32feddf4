import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import type { CopyClient, Side } from './copy/copy-client.ts'
import { hasAllLayers } from './copy/copy-cosign-tag.ts'
import { type FoundReferrer, findReferrers } from './copy/find-referrers.ts'

/** What an audit asks of a registry. */
export type AuditClient = CopyClient & Pick<RegistryClient, 'headManifest'>

interface AuditSide extends Side {
  client: AuditClient
}

export interface MissingReferrer extends FoundReferrer {
  /** The tag of cosign names something else at the target, with content that the source's lacks. A copy keeps that. */
  isKept: boolean
}

/** A signature of an SBOM of an image is the second level. */
const MOST_LEVELS = 8

const AT_ONCE = { concurrency: 8 }

/**
 * What refers to these manifests at the source, or to that, and is not at the target: by its `subject`, or by a tag of cosign. A tag
 * whose manifest at the target has all that the source's has is not missing. What the source lists and cannot give is left out.
 */
export async function missingReferrers(
  source: AuditSide,
  target: AuditSide,
  subjects: readonly string[],
): Promise<MissingReferrer[]> {
  const { signal } = new AbortController()
  const asked = new Set<string>()
  const missing: MissingReferrer[] = []
  let level = [...subjects]
  for (let depth = 0; level.length > 0 && depth < MOST_LEVELS; depth++) {
    for (const digest of level) asked.add(digest)
    const [ours, theirs] = await Promise.all([
      findReferrers(source, level, signal),
      findReferrers(target, level, signal),
    ])
    const lacking = ours.filter((one) => !theirs.some((other) => covers(other, one)))
    missing.push(...lacking.map((one) => ({ ...one, isKept: theirs.some((other) => keeps(other, one)) })))
    level = [...new Set(ours.map(({ digest }) => digest))].filter((digest) => !asked.has(digest))
  }
  const given = await pMap(missing, (one) => isGiven(source, one), AT_ONCE)
  return missing.filter((_, n) => given[n])
}

/** Whether what is at the target is what belongs there, or has all of it. */
function covers(theirs: FoundReferrer, ours: FoundReferrer): boolean {
  if (theirs.subject !== ours.subject || theirs.tagged?.tag !== ours.tagged?.tag) return false
  if (theirs.digest === ours.digest) return true
  const [there, here] = [theirs.tagged?.manifest, ours.tagged?.manifest]
  return there !== undefined && here !== undefined && hasAllLayers(there.bytes, here.bytes)
}

/** Whether what is at the target under the same tag stays there when the source's is copied (`copyCosignTag`). */
function keeps(theirs: FoundReferrer, ours: FoundReferrer): boolean {
  if (theirs.subject !== ours.subject || theirs.tagged?.tag !== ours.tagged?.tag) return false
  const [there, here] = [theirs.tagged?.manifest, ours.tagged?.manifest]
  return there !== undefined && here !== undefined && !hasAllLayers(here.bytes, there.bytes)
}

/** Whether the source has what it lists. */
const isGiven = async (
  { client, repository }: AuditSide,
  { digest, tagged }: FoundReferrer,
): Promise<boolean> => tagged !== undefined || (await client.headManifest(repository, digest)) !== undefined
