import type { StoredManifest } from './codec.ts'

/** One manifest in one repository, as the index knows it; times in epoch µs, 0 where unknown. */
export interface IndexedImage extends Omit<StoredManifest, 'places' | 'extent'> {
  repository: string
  pushedAt: number
  pulledAt: number
  tags: { name: string; taggedAt: number }[]
}
