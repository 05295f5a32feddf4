import type { PolicyImage, Verdict } from './dialect.ts'

/** What has a verdict of its own where tags are deleted: a tag, or a manifest that has none. */
export type Item = Pick<Verdict, 'image' | 'tag'>

export type Opinion = Pick<Verdict, 'isKept' | 'reason'>

export const keep = (reason: string): Opinion => ({ isKept: true, reason })
export const expire = (reason: string): Opinion => ({ isKept: false, reason })

/** In the order of the images and their tags. */
export const itemsOf = (images: readonly PolicyImage[]): Item[] =>
  images.flatMap((image): Item[] =>
    image.tags.length === 0 ? [{ image }] : image.tags.map(({ name }) => ({ image, tag: name })),
  )
