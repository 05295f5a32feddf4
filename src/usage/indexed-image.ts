import type { StoredManifest } from './codec.ts'

/** One manifest in one repository, as the index has it; times in epoch µs, 0 where not known. */
export interface IndexedImage extends Omit<StoredManifest, 'images'> {
  repository: string
  pushedAt: number
  pulledAt: number
  tags: { name: string; taggedAt: number }[]
}
