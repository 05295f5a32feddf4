import { type Static, Type } from 'typebox'

/** What becomes of one image (a manifest in a repository) by a policy, and why. */
export const Decision = Type.Object({
  project: Type.String(),
  repository: Type.String(),
  digest: Type.String(),
  tags: Type.Array(Type.String()),
  verdict: Type.Union([Type.Literal('delete'), Type.Literal('keep')]),
  /** The tag glob of the rule that decided; `null` where no rule speaks of the image. */
  rule: Type.Union([Type.String(), Type.Null()]),
  reason: Type.String(),
})
export type Decision = Static<typeof Decision>

/** The record of one run of a policy. */
export const ExpiryRun = Type.Object({
  id: Type.String(),
  /** RFC 3339 */
  at: Type.String(),
  policy: Type.String(),
  registry: Type.String(),
  dryRun: Type.Boolean(),
  kept: Type.Integer(),
  /** What the plan deletes; with `dryRun`, what it would. */
  deletes: Type.Array(
    Type.Object({
      ...Decision.properties,
      /** `moved`: no longer in the plan when its turn came, or a tag points elsewhere by now. */
      outcome: Type.Union([
        Type.Literal('planned'),
        Type.Literal('deleted'),
        Type.Literal('absent'),
        Type.Literal('moved'),
      ]),
    }),
  ),
})
export type ExpiryRun = Static<typeof ExpiryRun>
