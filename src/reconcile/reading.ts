import type { Reference } from '../usage/fact.ts'

/** What a registry holds in one repository, as it was read. Sizes in bytes, times in epoch µs. */
export interface RepositoryReading {
  repository: string
  manifests: ManifestReading[]
  /** What is there, or may be, and could not be read: never a reason to remove anything. */
  unreadable: Unreadable[]
  tags: { tag: string; digest: string; modifiedAt: number }[]
  /** Blobs linked there whose content exists; `undefined` where the reader cannot see them. */
  links: { digest: string; size: number; modifiedAt: number }[] | undefined
}

export interface ManifestReading {
  digest: string
  size: number
  mediaType: string
  /** All of them, `subject` included. */
  references: Reference[]
  /** When the storage last wrote its link; 0 where that cannot be told. */
  modifiedAt: number
}

export type Unreadable = ({ digest: string } | { tag: string }) & { reason: string }

/** A repository, or (without one) a listing, that could not be read: nothing may be concluded from it. */
export interface ReadingFailure {
  repository?: string
  failure: string
}

/** A repository that the index knows, and the digests of its manifests there. */
export interface KnownRepository {
  repository: string
  digests: () => Promise<string[]>
}

/** Reads a whole registry, repository by repository. */
export interface RegistryReader {
  readonly method: 'api' | 'storage'
  /** Throws, naming what was expected where, unless this can be read and looks like a registry. */
  check(): Promise<void>
  /**
   * Every repository that the registry shows or `known` names, each once, in the order of `${name}/_` (that of storage
   * keys), from after the repository `after`. One that is not there comes empty.
   */
  read(options: {
    after?: string
    known: readonly KnownRepository[]
  }): AsyncIterable<RepositoryReading | ReadingFailure>
  /** All blobs, referenced or not, and their bytes; `undefined` where the reader cannot see them. */
  stored(): Promise<{ blobs: number; bytes: number } | undefined>
}
