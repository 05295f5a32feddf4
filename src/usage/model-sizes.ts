import { believableSize, type Fact, graceOf, type Sighting, viaOf } from './fact.ts'
import { blobsOf, listsByDigest } from './model-references.ts'

/** The size of a content, in bytes. */
export interface Size {
  bytes: number
  /** Whether the registry measured it. If not, manifests state it. */
  isMeasured: boolean
}

/** The links that facts tell. A push links the blobs of its manifest, too, but it measures none, so it changes nothing here. */
export const linksOf = (facts: readonly Fact[]): Link[] => facts.filter((fact) => fact.kind === 'link')

type Link = Extract<Fact, { kind: 'link' }>

/**
 * Digest → size. The first of these that is known: what the latest sighting of the content as a manifest told, what its
 * latest link told, the largest size that a manifest states. The first two are measured. A wrong statement goes away with
 * its manifest. `sightings` and `links` are later than every deletion.
 */
export function sizesOf(sightings: readonly Sighting[], links: readonly Link[]): Map<string, Size> {
  const sizes = new Map<string, Size>()
  for (const list of listsByDigest(sightings).values())
    for (const { digest, size } of blobsOf(list)) {
      const bytes = Math.max(sizes.get(digest)?.bytes ?? 0, believableSize(size))
      sizes.set(digest, { bytes, isMeasured: false })
    }
  const measure = ({ digest, size }: { digest: string; size: number }) =>
    sizes.set(digest, { bytes: size, isMeasured: true })
  for (const link of latestSizes(links)) measure(link)
  const told = sightings.map((sighting) => ({ ...sighting, at: sighting.at - graceOf(viaOf(sighting)) }))
  for (const sighting of latestSizes(told)) measure(sighting)
  return sizes
}

/** The latest entry of each digest that has a size. If several have the same time, the largest. */
function latestSizes(told: readonly { digest: string; at: number; size: number }[]) {
  const latest = new Map<string, { digest: string; at: number; size: number }>()
  for (const { digest, at, size } of told) {
    const other = latest.get(digest)
    if (believableSize(size) === 0) continue
    if (other === undefined || at > other.at || (at === other.at && size > other.size))
      latest.set(digest, { digest, at, size })
  }
  return latest.values()
}
