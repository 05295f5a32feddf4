import type { Pieces } from '../platform/pieces.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'

/** A content of a project: whose it is ('': not known), since when, and its bytes. */
interface Content {
  owner: string
  at: number
  bytes: number
}

/**
 * Counts what each pusher holds of a project, repository by repository. Each content is that of the oldest image which has it,
 * and an image is that of who brought its manifest to the project; if that is not known, of who pushed its oldest tag with a known
 * pusher; if there is none, of the image that lists it. Sizes are those that manifests state.
 */
export function countByPusher(broughtBy: ReadonlyMap<string, string>) {
  const contents = new Map<string, Content>()

  function append(key: string, content: Content): void {
    const before = contents.get(key)
    if (before === undefined || isEarlier(content, before)) contents.set(key, content)
  }

  return {
    /** `pushers`: who pushed each tag of the repository last. A step for each image. */
    *add(images: readonly IndexedImage[], pushers: ReadonlyMap<string, string>): Pieces<void> {
      const owners = ownersOf(images, { broughtBy, pushers })
      for (const { digest, size, references = [], age } of images) {
        const own = digestKey(digest)
        const of = { owner: owners.get(own) ?? '', at: age.at }
        append(own, { ...of, bytes: size })
        for (const { kind, key, size } of references) if (kind === 'blob') append(key, { ...of, bytes: size })
        yield
      }
    },
    /** Bytes by pusher, without what is of nobody who is known. */
    total(): Map<string, number> {
      const total = new Map<string, number>()
      for (const { owner, bytes } of contents.values())
        if (owner !== '') total.set(owner, (total.get(owner) ?? 0) + bytes)
      return total
    },
  }
}

/** Of two at the same time the one whose owner is known, and then the one that comes first in the alphabet. */
function isEarlier(a: Content, b: Content): boolean {
  if (a.at !== b.at) return a.at < b.at
  if ((a.owner === '') !== (b.owner === '')) return b.owner === ''
  return a.owner < b.owner
}

/** Who pushed each image of a repository, by its key. */
function ownersOf(
  images: readonly IndexedImage[],
  from: { broughtBy: ReadonlyMap<string, string>; pushers: ReadonlyMap<string, string> },
): Map<string, string> {
  const owners = new Map<string, string>()
  for (const { digest, tags } of images) {
    const key = digestKey(digest)
    const known = tags.filter(({ name }) => from.pushers.has(name)).toSorted((a, b) => a.age.at - b.age.at)
    const owner = from.broughtBy.get(key) ?? from.pushers.get(known[0]?.name ?? '')
    if (owner !== undefined) owners.set(key, owner)
  }
  // An index lists what is in the same repository; one that is listed twice is of the first.
  const queue = images.filter(({ digest }) => owners.has(digestKey(digest)))
  const byKey = new Map(images.map((image) => [digestKey(image.digest), image]))
  for (const { digest, references = [] } of queue)
    for (const { kind, key } of references) {
      const child = kind === 'child' && !owners.has(key) ? byKey.get(key) : undefined
      if (child === undefined) continue
      owners.set(key, owners.get(digestKey(digest)) ?? '')
      queue.push(child)
    }
  return owners
}
