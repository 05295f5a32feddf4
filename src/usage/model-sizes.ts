import { ABSENT, believableSize, type Fact, graceOf, type Sighting, viaOf } from './fact.ts'
import { blobsOf, listsByDigest } from './model-references.ts'

/** The size of a content, in bytes. */
export interface Size {
  bytes: number
  /** Whether the registry measured it. If not, manifests state it. */
  isMeasured: boolean
}

/** The links that facts tell. */
export const linksOf = (facts: readonly Fact[]): Link[] => facts.filter((fact) => fact.kind === 'link')

type Link = Extract<Fact, { kind: 'link' }>

/**
 * Digest → size. The first of these that is known: what the latest sighting of the content as a manifest told; the largest
 * of what its latest link in each repository told, where `ABSENT` is 0; the largest size that a manifest states. The first two
 * are measured. A wrong statement goes away with its manifest. `sightings` and `links` are later than every deletion.
 */
export function sizesOf(sightings: readonly Sighting[], links: readonly Link[]): Map<string, Size> {
  const sizes = new Map<string, Size>()
  const raise = (digest: string, size: number, isMeasured: boolean) => {
    const before = sizes.get(digest)
    const bytes = Math.max(before?.isMeasured === isMeasured ? before.bytes : 0, size)
    sizes.set(digest, { bytes, isMeasured })
  }
  for (const list of listsByDigest(sightings).values())
    for (const { digest, size } of blobsOf(list)) raise(digest, believableSize(size), false)
  for (const { digest, size } of latestSizes(links, ({ repository, digest }) => `${repository}@${digest}`))
    raise(digest, size === ABSENT ? 0 : size, true)
  const told = sightings.map((sighting) => ({ ...sighting, at: sighting.at - graceOf(viaOf(sighting)) }))
  for (const { digest, size } of latestSizes(told, ({ digest }) => digest))
    sizes.set(digest, { bytes: size, isMeasured: true })
  return sizes
}

const isAbsence = (told: { kind?: string; size: number }): boolean =>
  told.kind === 'link' && told.size === ABSENT

/** Of the entries with the same key, the latest one that has a size. If several have the same time, the largest. */
function latestSizes<T extends { at: number; size: number }>(told: readonly T[], keyOf: (one: T) => string) {
  const latest = new Map<string, T>()
  for (const one of told) {
    const other = latest.get(keyOf(one))
    if (believableSize(one.size) === 0 && !isAbsence(one)) continue
    if (other === undefined || one.at > other.at || (one.at === other.at && one.size > other.size))
      latest.set(keyOf(one), one)
  }
  return latest.values()
}
