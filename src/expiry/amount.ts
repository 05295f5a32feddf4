import { formatSize } from '../platform/units.ts'

/**
 * How much goes. Plans, runs, notices and the share of a project all count in this way: an image is a manifest that goes, also
 * one that belongs to another image. A single tag goes alone, since its image stays for other tags.
 */
export interface Amount {
  images: number
  tags: number
  /** What the registry can free once it is gone. */
  bytes?: number | undefined
}

/** `3 images and 1 single tag (1.2 GiB)`; `nothing`. */
export function amountText({ images, tags, bytes }: Amount): string {
  const parts = [...(images > 0 ? [imagesText(images)] : []), ...(tags > 0 ? [tagsText(tags)] : [])]
  if (parts.length === 0) return 'nothing'
  return `${parts.join(' and ')}${bytes === undefined ? '' : ` (${formatSize(bytes)})`}`
}

export const imagesText = (count: number): string => `${count} ${count === 1 ? 'image' : 'images'}`

const tagsText = (count: number): string => `${count} ${count === 1 ? 'single tag' : 'single tags'}`
