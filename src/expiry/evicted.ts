import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Relations } from './relations.ts'

/** An image that an eviction has chosen. */
export interface Chosen {
  reason: string
  /** When it, or anything that goes with it, was last pulled, pushed or tagged, epoch µs. */
  usedAt: number
}

/** By `repository@digest`. */
export type ChosenImages = ReadonlyMap<string, Chosen>

export const nameOf = ({ repository, digest }: Pick<IndexedImage, 'repository' | 'digest'>): string =>
  `${repository}@${digest}`

/**
 * Why an image is evicted that no rule decides. `undefined` if it was not chosen, or if it, or anything that belongs to it, was
 * used since it was chosen.
 */
export function reasonToGo(
  chosen: ChosenImages,
  image: IndexedImage,
  relations: Pick<Relations, 'dependentsOf'>,
): string | undefined {
  const found = chosen.get(nameOf(image))
  return found !== undefined && usedAtOf(image, relations) <= found.usedAt ? found.reason : undefined
}

/** When an image, or anything that belongs to it, was last pulled, pushed or tagged, epoch µs. */
export function usedAtOf(image: IndexedImage, relations: Pick<Relations, 'dependentsOf'>): number {
  const family = new Set([image])
  for (const one of family) for (const dependent of relations.dependentsOf(one)) family.add(dependent)
  return Math.max(
    ...[...family].flatMap(({ age, pulledAt, tags }) => [age.at, pulledAt, ...tags.map((tag) => tag.age.at)]),
  )
}
