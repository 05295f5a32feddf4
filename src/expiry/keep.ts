import { type Static, Type } from 'typebox'
import { printable } from '../platform/printable.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { ProtectionOf } from './protection.ts'

const orNull = (type: typeof Type.String, description: string) =>
  Type.Union([type(), Type.Null()], { description })

/** What a person keeps, whatever a policy says. */
export const Keep = Type.Object({
  id: Type.String({
    pattern: '^[0-9]{13}-[0-9a-f]{8}$',
    'x-expected': 'the id of a keep, as listed',
    description: 'Names it in requests.',
  }),
  image: Type.String({
    description:
      '`registry/repository:tag`: whatever the tag names, now and later. Or `registry/repository@digest`: that image.',
  }),
  since: Type.String({ description: 'When it was asked for, RFC 3339.' }),
  until: orNull(Type.String, 'When it ends, RFC 3339. Null if it does not end by itself.'),
  by: orNull(Type.String, 'Who asked for it, by their own word. Null if it is not known.'),
  why: orNull(Type.String, 'Why, by their own word. Null if they gave no reason.'),
})
export type Keep = Static<typeof Keep>

/** Whether a keep is in force; `now` is epoch ms. */
export const isInForce = ({ until }: Keep, now: number): boolean => until === null || Date.parse(until) > now

/** What keeps that are in force protect at a registry. */
export function protectionByKeeps(registry: string, keeps: readonly Keep[]): ProtectionOf {
  // Of several keeps of an image, the last to end gives the reason.
  const byImage = new Map(keeps.toSorted(byEnd).map((keep) => [keep.image, keep]))
  return ({ repository, digest, tags }: IndexedImage) => {
    const name = `${registry}/${repository}`
    const ofDigest = byImage.get(`${name}@${digest}`)
    if (ofDigest) return `it is ${termsOf(ofDigest)}`
    for (const tag of tags) {
      const ofTag = byImage.get(`${name}:${tag.name}`)
      if (ofTag) return `its tag ${tag.name} is ${termsOf(ofTag)}`
    }
    return undefined
  }
}

const termsOf = ({ by, until, why }: Keep): string =>
  printable(
    `kept${by === null ? '' : ` by ${by}`}${until === null ? '' : ` until ${until}`}${why === null ? '' : `: ${why}`}`,
  )

const byEnd = (a: Keep, b: Keep): number => endOf(a) - endOf(b)
const endOf = ({ until }: Keep): number => (until === null ? Number.MAX_VALUE : Date.parse(until))
