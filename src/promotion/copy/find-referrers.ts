import pMap from 'p-map'
import type { Side } from './copy-client.ts'

/** A digest that belongs to `subject`; `tag` if a tag says so, and the list of referrers otherwise. */
export interface FoundReferrer {
  subject: string
  digest: string
  tag?: string
}

const AT_ONCE = { concurrency: 8 }

/** What cosign appends to a digest for the tags of signatures, attestations and SBOMs (its SPEC.md). */
const SUFFIXES = ['sig', 'att', 'sbom']

/** Finds what belongs to manifests by its `subject` or by a tag `sha256-<hex>.sig`, `.att` or `.sbom`. */
export async function findReferrers(
  { client, repository }: Side,
  subjects: readonly string[],
  signal: AbortSignal,
): Promise<FoundReferrer[]> {
  const ofTag = async (subject: string, tag: string): Promise<FoundReferrer[]> => {
    const found = await client.headManifest(repository, tag)
    return found === undefined ? [] : [{ subject, digest: found.digest, tag }]
  }
  const ofSubject = async (subject: string): Promise<FoundReferrer[]> => {
    signal.throwIfAborted()
    const listed = client.referrers(repository, subject)
    const tagged = cosignTags(subject).map((tag) => ofTag(subject, tag))
    const [bySubject, ...byTag] = await Promise.all([listed, ...tagged])
    return [...bySubject.map(({ digest }) => ({ subject, digest })), ...byTag.flat()]
  }
  return (await pMap(subjects, ofSubject, AT_ONCE)).flat()
}

/** A tag has at most 128 characters, so a longer digest has none. */
const cosignTags = (subject: string): string[] =>
  subject.startsWith('sha256:') ? SUFFIXES.map((suffix) => `${subject.replace(':', '-')}.${suffix}`) : []
