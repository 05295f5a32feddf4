import type { Content, Damage } from '../integrity/damage.ts'
import type { Age } from '../usage/age.ts'
import type { Reference } from '../usage/fact.ts'
import type { GitLabSize } from './gitlab-size.ts'

/** What a registry holds in one repository. Sizes are in bytes, times in epoch µs. */
export interface RepositoryReading {
  repository: string
  manifests: ManifestReading[]
  /** Manifests and tags that the registry lists but that could not be read. They are never removed from the index. */
  unreadable: Unreadable[]
  tags: TagReading[]
  /** Blobs that are linked in the repository and exist. `undefined` if the reader cannot see them. */
  links: LinkReading[] | undefined
  /** Of the blobs that were asked for one by one, those that are not in the repository. */
  absent: string[]
  /**
   * Blobs that manifests name and that were asked for, if `links` does not tell of them: their sizes in bytes, or `ABSENT`. Of
   * one that is not damaged, the index needs no link: what manifests state is right.
   */
  measured?: { digest: string; size: number; isDamaged: boolean }[]
}

export interface TagReading {
  tag: string
  digest: string
  /** Since when the tag names this digest. Absent if the reader cannot tell. */
  age?: Age
}

export interface LinkReading {
  digest: string
  /** `ABSENT` if manifests name it and its content is not there. */
  size: number
  /** When the storage wrote the link. 0 if there is none. */
  modifiedAt: number
}

export interface ManifestReading {
  digest: string
  size: number
  mediaType: string
  /** All references, including `subject`. `undefined` if they were not read, since the index has them. */
  references: Reference[] | undefined
  /** Configs and layers that the registry is to have. Absent if the manifest was not read. */
  contents?: Content[]
  /** What is wrong with `contents`. Absent if nobody has looked. */
  damages?: Damage[]
  /** Since when the repository has it. Absent if the reader cannot tell, or did not look. */
  age?: Age
}

export type Unreadable = ({ digest: string; damage?: Damage } | { tag: string }) & { reason: string }

/** A repository that could not be read, or, without `repository`, a listing. It says nothing about what exists. */
export interface ReadingFailure {
  repository?: string
  failure: string
}

/** A repository that the index has. */
export interface ExpectedRepository {
  repository: string
  /** Reads what the index has in it. */
  contents: () => Promise<ExpectedContents>
}

export interface ExpectedContents {
  manifests: ExpectedManifest[]
  /** The digests of blobs that no manifest of the repository references and that are old enough to be collected. */
  unreferenced: string[]
}

export interface ExpectedManifest {
  digest: string
  size: number
  mediaType: string
  /** Whether the index has its size, all its references, and every manifest that these name. */
  isComplete: boolean
  /** The best that the index has of it. */
  age: Age
}

/** Reads a whole registry, repository by repository. */
export interface RegistryReader {
  readonly method: 'api' | 'storage'
  /** @throws Error if the registry cannot be read or does not look like a registry */
  check(): Promise<void>
  /**
   * Whether the registry would answer for another one: a pull-through cache lists what its upstream has, and keeps each
   * manifest that it is asked for (docs/registries.md, Registry API). Such a registry must not be read. `repository` is
   * one that the index has, if any.
   */
  answersForUpstream(repository: string | undefined): Promise<boolean>
  /**
   * Reads every repository that the registry lists or that is `expected`, each once, in the order of `orderKey`. Starts
   * after the repository `after`. An expected repository that does not exist is returned as an empty one.
   */
  read(options: {
    after?: string
    expected: readonly ExpectedRepository[]
    /** Called with the number of all repositories, if that is known before they are read. */
    onListed?: (count: number) => void
    /** The images of a repository that are known to be broken: a reader that does not look at all images looks at these. */
    knownBroken?: (repository: string) => readonly string[]
  }): AsyncIterable<RepositoryReading | ReadingFailure>
  /** Whether the registry has a manifest. @throws Error if that cannot be told */
  holds(repository: string, digest: string): Promise<boolean>
  /** Counts all blobs, referenced or not, and their bytes. `undefined` if the reader cannot see them. */
  countBlobs(): Promise<{ blobs: number; bytes: number } | undefined>
  /** What GitLab's registry says of the size of what was read last; `undefined` of any other. */
  gitlabSize(): Promise<GitLabSize | undefined>
}
