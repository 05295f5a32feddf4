import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Decision } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'

/** A plan that somebody has looked at, as it is stored: what it deletes, and by which policy. */
export const ShownPlan = Type.Object({
  id: Type.String(),
  policy: Type.String(),
  /** `policyDigest` of the policy as it was. */
  policyDigest: Type.String(),
  /** As of when the plan decided, epoch µs. */
  asOf: Type.Number(),
  images: Type.Array(
    Type.Object({
      project: Type.String(),
      repository: Type.String(),
      digest: Type.String(),
      verdict: Type.Union([Type.Literal('delete'), Type.Literal('untag')]),
      /** The tags that go: of an image that goes whole, all that it had. */
      tags: Type.Array(Type.String()),
    }),
  ),
})
export type ShownPlan = Static<typeof ShownPlan>
type ShownImage = ShownPlan['images'][number]

/** The policies that have one name decide in the same way if this is the same. When they run, and whether, is left out. */
export function policyDigest(policies: readonly ExpiryPolicy[]): string {
  const rules = policies.map((policy) => {
    const {
      mode: _,
      schedule: __,
      timeZone: ___,
      notice: ____,
      ...decides
    } = policy as unknown as Record<string, unknown>
    return decides
  })
  return hashOf([JSON.stringify(rules)])
}

/**
 * Collects what a plan deletes. Its id is a digest of the decisions that delete something: policy, project, repository, digest, verdict,
 * tags and rule. So a plan that deletes the same has the same id, whenever it was made.
 */
export function collectPlan(policy: string, policies: readonly ExpiryPolicy[], asOf: number) {
  const digest = policyDigest(policies)
  const hash = createHash('sha256').update(`${digest}\n`)
  const images: ShownImage[] = []
  return {
    note({ project, repository, digest, verdict, tags, untag = [], rule }: Decision): void {
      if (verdict === 'keep') return
      const goes = (verdict === 'delete' ? tags : untag).toSorted()
      images.push({ project, repository, digest, verdict, tags: goes })
      hash.update(`${JSON.stringify([project, repository, digest, verdict, goes, rule])}\n`)
    },
    end: (): ShownPlan => ({
      id: hash.digest('hex').slice(0, ID_LENGTH),
      ...{ policy, policyDigest: digest, asOf, images },
    }),
  }
}

/** A run deletes no more than this. */
export interface Limit {
  /** As of when the plan decided that was looked at, epoch µs. */
  asOf: number
  /** Whether it deletes anything in a project, `registry/path`. */
  touches(project: string): boolean
  /** The decision as it is, or with fewer tags, or to keep: only what the plan showed goes. */
  of(decision: Decision): Decision
}

export const NOT_SHOWN = 'it does not go by the plan that was applied'

/** What a shown plan lets go. */
export function limitOf({ asOf, images }: Pick<ShownPlan, 'asOf' | 'images'>): Limit {
  const shown = new Map(images.map((image) => [keyOf(image), image]))
  const projects = new Set(images.map(({ project }) => project))
  return {
    asOf,
    touches: (project) => projects.has(project),
    of(decision) {
      const { verdict, tags, untag = [] } = decision
      if (verdict === 'keep') return decision
      const image = shown.get(keyOf(decision))
      const isShown = (tag: string) => image?.tags.includes(tag) === true
      if (verdict === 'delete')
        return image?.verdict === 'delete' && tags.every(isShown) ? decision : kept(decision, NOT_SHOWN)
      const left = untag.filter(isShown)
      return left.length > 0 ? { ...decision, untag: left } : kept(decision, NOT_SHOWN)
    },
  }
}

/** The decision to keep an image after all. */
export function kept(
  { untag: _, reclaimableBytes: __, uniqueBytes: ___, ...decision }: Decision,
  why: string,
): Decision {
  return { ...decision, verdict: 'keep', reason: `${why}: ${decision.reason}` }
}

const keyOf = ({ project, repository, digest }: Pick<Decision, 'project' | 'repository' | 'digest'>) =>
  `${project} ${repository}@${digest}`

const ID_LENGTH = 24
const hashOf = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex')

/** Whether a text can be the id of a plan. */
export const isPlanId = (text: string): boolean => /^[0-9a-f]{24}$/.test(text)
