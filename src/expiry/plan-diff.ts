import { type Static, Type } from 'typebox'
import type { Decision, Deleted } from './decision.ts'
import { Decision as DecisionSchema } from './decision.ts'

const { project, repository, digest, tags, untag, rule } = DecisionSchema.properties

/** What has changed for an image since an earlier plan, and why. */
export const PlanChange = Type.Object({
  change: Type.Union([Type.Literal('expires'), Type.Literal('stays'), Type.Literal('gone')], {
    description:
      '`expires`: it goes now, or a tag of it. `stays`: it was to go, or a tag of it, and stays now. `gone`: it was to go, and is not there any more.',
  }),
  ...{ project, repository, digest, tags, untag, rule },
  reason: Type.String({ description: 'Why it goes now, why it stays now, or what became of it.' }),
})
export type PlanChange = Static<typeof PlanChange>

/** Names an image in a plan. */
export const imageKey = (image: Pick<Decision, 'repository' | 'digest'>): string =>
  `${image.repository}@${image.digest}`

/**
 * Compares what an earlier plan was to delete with the decisions of now, in the order of `now`; what is gone comes last. All
 * are of one registry. `now` must have each image that goes now, and each of `before` that is still there.
 */
export function diffPlans(before: readonly Deleted[], now: readonly Decision[]): PlanChange[] {
  const was = Map.groupBy(before, imageKey)
  const here = new Set(now.map(imageKey))
  return [
    ...now.flatMap((decision) => changesOf(decision, was.get(imageKey(decision)) ?? [])),
    ...[...was].flatMap(([key, images]) => (here.has(key) ? [] : goneSince(images))),
  ]
}

function changesOf(decision: Decision, before: readonly Deleted[]): PlanChange[] {
  const wasDelete = before.some(({ verdict }) => verdict === 'delete')
  const { verdict, reason } = decision
  const change = (kind: PlanChange['change'], why: string, untag?: string[]): PlanChange => {
    const { project, repository, digest, tags, rule } = decision
    const image = { project, repository, digest, tags, rule }
    return { change: kind, ...image, ...(untag && { untag }), reason: why }
  }
  if (verdict === 'delete') return wasDelete ? [] : [change('expires', reason)]
  if (wasDelete) return [change('stays', reason)]
  const tagsBefore = before.flatMap(({ untag = [] }) => untag)
  const tagsNow = decision.untag ?? []
  const more = tagsNow.filter((tag) => !tagsBefore.includes(tag))
  const fewer = tagsBefore.filter((tag) => !tagsNow.includes(tag))
  const stay = fewer.filter((tag) => decision.tags.includes(tag))
  return [
    ...(more.length > 0 ? [change('expires', reason, more)] : []),
    ...(stay.length > 0 ? [change('stays', reason, stay)] : []),
    ...before.flatMap((one) => goneTagsOf(one, decision.tags, 'the image has lost the tag since')),
  ]
}

/** The tags that a run was to delete alone, and that the image does not have any more: `otherwise` tells why if it was not the run. */
function goneTagsOf(before: Deleted, now: readonly string[], otherwise: string): PlanChange[] {
  const untag = before.untag?.filter((tag) => !now.includes(tag)) ?? []
  if (untag.length === 0) return []
  const { project, repository, digest, tags, rule, outcome, reason } = before
  const why = outcome === 'untagged' ? `the run has deleted the tag: ${reason}` : otherwise
  return [{ change: 'gone', ...{ project, repository, digest, tags, rule, untag }, reason: why }]
}

/** An image that is not there any more: what the run has deleted of it, and why. */
function goneSince(before: readonly Deleted[]): PlanChange[] {
  const whole = before.find(({ verdict }) => verdict === 'delete')
  if (whole === undefined) return before.flatMap((one) => goneTagsOf(one, [], 'it is not there any more'))
  const { project, repository, digest, tags, rule, outcome, reason } = whole
  const wasDeleted = outcome === 'deleted' || outcome === 'absent'
  const why = wasDeleted ? `the run has deleted it: ${reason}` : 'it is not there any more'
  return [{ change: 'gone', ...{ project, repository, digest, tags, rule }, reason: why }]
}
