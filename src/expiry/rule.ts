import type { TagSelector } from '../platform/match-tag.ts'
import type { AgeSource } from '../usage/age.ts'
import type { ArtifactKind } from './details/artifact-kind.ts'

/**
 * What a rule is about: images that meet every condition that is given. Durations are in ms, sizes in bytes. Globs and
 * wildcards are as in the configuration.
 */
export interface Selection {
  tag?: TagSelector | undefined
  /** Whether the image has tags. Without it, and without `tag`, a rule is about both. */
  tagged?: boolean | undefined
  /** Every tag of the image matches. */
  only?: { tag: TagSelector } | undefined
  olderThan?: number | undefined
  /** The sources of ages that are believed; all of them by default. */
  trust?: readonly AgeSource[] | undefined
  notUsedFor?: number | undefined
  kind?: readonly ArtifactKind[] | undefined
  mediaType?: string | undefined
  artifactType?: string | undefined
  largerThan?: number | undefined
  smallerThan?: number | undefined
  /** Names and wildcards for their values. */
  label?: Readonly<Record<string, string>> | undefined
  annotation?: Readonly<Record<string, string>> | undefined
  pushedBy?: string | undefined
}

/** Keeps the newest ones among the images that a rule is about. */
export interface Newest {
  newest: number
  /** What makes an image newer: a later push, a later use, or a higher version (Semantic Versioning 2.0.0) in its tag. */
  by: 'pushed' | 'used' | 'semver'
  /** What each has its own newest: a repository, or what this group of the rule's pattern matches. */
  per: 'repository' | { group: string }
}

/** A rule keeps or expires. Keeping beats expiring, whatever the order of the rules. */
export interface ExpiryRule extends Selection {
  /** As people read it in plans. Without it, `ruleName` makes one. */
  name?: string | undefined
  keep?: true | Newest | undefined
  expire?: true | undefined
}

/** The name of a rule in plans, such as `expire pr-*`, `keep 10 newest v*`, `expire untagged`. */
export function ruleName({ name, keep, tag, tagged }: ExpiryRule): string {
  if (name !== undefined) return name
  const verb = keep === undefined ? 'expire' : keep === true ? 'keep' : `keep ${keep.newest} newest`
  const what = tag === undefined ? (tagged === false ? 'untagged' : tagged ? 'tagged' : 'any') : textOf(tag)
  return `${verb} ${what}`
}

const textOf = (tag: TagSelector): string => ('glob' in tag ? tag.glob : `/${tag.pattern}/`)
