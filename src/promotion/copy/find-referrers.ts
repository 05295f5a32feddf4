import pMap from 'p-map'
import type { FetchedManifest } from '../../registry/client.ts'
import type { Side } from './copy-client.ts'

/** A digest that belongs to `subject`: by a tag, or by the list of referrers. */
export interface FoundReferrer {
  subject: string
  digest: string
  tagged?: { tag: string; manifest: FetchedManifest }
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
    // Not a HEAD, after which undici closes the connection.
    const manifest = await client.getManifest(repository, tag)
    return manifest === undefined
      ? []
      : [{ subject, digest: manifest.descriptor.digest, tagged: { tag, manifest } }]
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
