import { setImmediate as nextTurn } from 'node:timers/promises'
import { isIndexType } from '../../registry/manifest.ts'
import { digestKey } from '../../usage/digest-key.ts'
import type { IndexedImage } from '../../usage/indexed-image.ts'
import { kindWithTags } from './artifact-kind.ts'
import { type Details, type Entry, type KeptDetails, sharedTexts, type Texts } from './details.ts'

/** Images of one turn of the event loop: some 5 ms on a busy core. */
const IN_A_TURN = 500

/** The details of those images of a repository that have an entry with details, by digest. */
export async function detailsOf(
  images: readonly IndexedImage[],
  entries: ReadonlyMap<string, Entry>,
): Promise<Map<string, Details>> {
  const found = new Map<string, Details>()
  const byKey = new Map<string, Details>()
  for (const [n, image] of images.entries()) {
    if (n % IN_A_TURN === IN_A_TURN - 1) await nextTurn()
    const kept = entries.get(image.digest)?.details
    if (kept === undefined) continue
    const details = ownDetails(image, kept)
    found.set(image.digest, details)
    byKey.set(digestKey(image.digest), details)
  }
  for (const [n, image] of images.entries()) {
    if (n % IN_A_TURN === IN_A_TURN - 1) await nextTurn()
    const details = found.get(image.digest)
    if (details && isIndexType(details.mediaType))
      found.set(image.digest, { ...details, labels: labelsOfIndex(image, byKey) })
  }
  return found
}

const ownDetails = ({ tags }: IndexedImage, kept: KeptDetails): Details => ({
  ...kept,
  kind: kindWithTags(
    kept.kind,
    tags.map(({ name }) => name),
  ),
  labels: kept.labels ?? undefined,
  annotations: kept.annotations ?? undefined,
})

/**
 * The labels that all images of an index share. An index has none itself. `undefined` if a child is not known or is an index,
 * too. Attestations have no labels, and do not count.
 */
function labelsOfIndex({ references }: IndexedImage, byKey: ReadonlyMap<string, Details>): Texts | undefined {
  if (references === undefined) return undefined
  const children = references.filter(({ kind }) => kind === 'child').map(({ key }) => byKey.get(key))
  if (children.some((child) => child === undefined || isIndexType(child.mediaType))) return undefined
  return sharedTexts(children.filter((child) => child?.kind === 'image').map((child) => child?.labels))
}
