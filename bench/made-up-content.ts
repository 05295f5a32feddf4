import { hash } from 'node:crypto'

/** The digest of a content that consists of its own name. */
export const digestOfName = (name: string): string => `sha256:${hash('sha256', name)}`

/** bytes, up to 100 MB as layers have; always the same for a name */
export const sizeOfName = (name: string): number =>
  Number.parseInt(hash('sha1', name).slice(0, 8), 16) % 100_000_000
