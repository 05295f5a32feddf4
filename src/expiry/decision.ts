import { type Static, Type } from 'typebox'

/** What a policy does with one image (a manifest in a repository), and why. */
export const Decision = Type.Object({
  project: Type.String(),
  repository: Type.String(),
  digest: Type.String(),
  tags: Type.Array(Type.String()),
  verdict: Type.Union([Type.Literal('delete'), Type.Literal('keep')]),
  /** The tag glob of the rule that decided; `null` if no rule applies to the image. */
  rule: Type.Union([Type.String(), Type.Null()]),
  reason: Type.String(),
})
export type Decision = Static<typeof Decision>

/** An image that the plan of a run deletes, and what became of it. */
export const Deleted = Type.Object({
  ...Decision.properties,
  /**
   * `planned`: this was a dry run. `absent`: the registry no longer had the image. `moved`: the image was kept,
   * because the plan no longer deletes it, one of its tags at the registry points elsewhere, it belongs to an
   * image that was kept, or its manifest names a subject that no event told.
   */
  outcome: Type.Union([
    Type.Literal('planned'),
    Type.Literal('deleted'),
    Type.Literal('absent'),
    Type.Literal('moved'),
  ]),
})
export type Deleted = Static<typeof Deleted>

const Run = Type.Object({
  id: Type.String(),
  /** RFC 3339 */
  at: Type.String(),
  policy: Type.String(),
  registry: Type.String(),
  dryRun: Type.Boolean(),
  kept: Type.Integer(),
})

/** One run of a policy. */
export const ExpiryRun = Type.Object({
  ...Run.properties,
  /** The images that the plan deletes. A dry run lists them too, and deletes none. */
  deletes: Type.Array(Deleted),
})
export type ExpiryRun = Static<typeof ExpiryRun>

/** A run without its deletes. */
export const RunSummary = Type.Object({
  ...Run.properties,
  outcomes: Type.Object(
    {
      planned: Type.Integer(),
      deleted: Type.Integer(),
      absent: Type.Integer(),
      moved: Type.Integer(),
    },
    { description: 'The number of deletes with each outcome.' },
  ),
})
export type RunSummary = Static<typeof RunSummary>

/** The number of deletes with each outcome. */
export function countOutcomes(deletes: readonly Deleted[]): RunSummary['outcomes'] {
  const outcomes = { planned: 0, deleted: 0, absent: 0, moved: 0 }
  for (const { outcome } of deletes) outcomes[outcome] += 1
  return outcomes
}
