import { makeGlob } from '../platform/glob.ts'
import { atOnce, type Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { KnownUse } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import type { Details } from './details/details.ts'
import type { DialectDocument } from './dialect-opinions.ts'
import type { EvictSettings } from './evict.ts'
import type { ChosenImages } from './evicted.ts'
import type { NotUnderstood } from './not-understood.ts'
import { planRepository } from './plan-repository.ts'
import type { ProtectionOf } from './protection.ts'
import type { ExpiryRule } from './rule.ts'

export type { ExpiryRule } from './rule.ts'

/** What a policy is about. */
interface Scope {
  name: string
  registry: string
  /** A glob for projects, `registry/path`. Default: all. */
  project?: string | undefined
  repository: string
  /** How long before it is deleted an image is announced, in ms. */
  notice?: number | undefined
}
/** A policy with rules of Tallyman. */
export interface RulePolicy extends Scope {
  rules: readonly ExpiryRule[]
  /** What expires beside that once a project is over its quota. */
  evict?: EvictSettings | undefined
}
/** A policy of another system. */
export interface DialectPolicy extends Scope, DialectDocument {}
export type ExpiryPolicy = RulePolicy | DialectPolicy

export interface PlanOptions {
  /** False for an image that was deleted: what belongs to it goes with it, and it takes no place among the newest. */
  isHere?: ((image: IndexedImage) => boolean) | undefined
  /** Gets what a dialect warns of, a sentence each. */
  warn?: ((warning: string) => void) | undefined
  /** Without it, nothing is protected. */
  protectionOf?: ProtectionOf | undefined
  /** What is known of pulls. Without it, all of them are. */
  use?: KnownUse | undefined
  /** What is known of images, by digest. */
  details?: ReadonlyMap<string, Details> | undefined
  /** Images that were read and are not understood, by digest. Of other images without known references, nothing is known. */
  notUnderstood?: ReadonlyMap<string, NotUnderstood> | undefined
  /** Who pushed each tag of the repository last. */
  pushers?: ReadonlyMap<string, string> | undefined
  /** What an eviction has chosen: it goes if no rule decides it. */
  evicted?: ChosenImages | undefined
  /** Whether to tell near misses. */
  explain?: boolean | undefined
}

/**
 * Decides about every image in those of a project's repositories that the policy's glob matches. The decisions come
 * in an order that is safe for deleting: an index before its children, an image before its signatures. The order of
 * `images` does not matter. `now` is epoch µs.
 */
export const planExpiry = (...asked: Parameters<typeof planInPieces>): Decision[] =>
  atOnce(planInPieces(...asked))

/** The same in pieces: it takes some 10 µs an image. */
export function* planInPieces(
  policy: ExpiryPolicy,
  project: string,
  images: readonly IndexedImage[],
  now: number,
  options: PlanOptions = {},
): Pieces<Decision[]> {
  const inScope = makeGlob(policy.repository)
  const sorted = images.filter((image) => inScope(image.repository)).sort(byName)
  const decisions: Decision[] = []
  for (const repository of Map.groupBy(sorted, (image) => image.repository).values())
    for (const decision of yield* planRepository(policy, project, repository, now, options))
      decisions.push(decision)
  return decisions
}

const byName = (a: IndexedImage, b: IndexedImage): number =>
  (a.repository === b.repository ? a.digest < b.digest : a.repository < b.repository) ? -1 : 1
