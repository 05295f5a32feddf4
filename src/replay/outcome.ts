import { type Static, Type } from 'typebox'
import type { ReplayedDelete } from './replayed-project.ts'

const count = (description: string) => Type.Integer({ minimum: 0, description })

const Sum = {
  images: count(
    'Images that would have been deleted. One that was pushed again and deleted again counts again.',
  ),
  tags: count('Tags that would have been deleted alone, whose image stays.'),
  bytes: count("Bytes that this would have freed, of those that a project's quota counts."),
  regretted: Type.Object(
    {
      images: count('Of the images, those that somebody pulled afterwards, before they were pushed again.'),
      tags: count('Of the tags, those by which somebody pulled afterwards.'),
      pulls: count('Pulls that would have failed.'),
      bytes: count('Bytes of these images, each content once in a project: what would have to come back.'),
    },
    { description: 'What was asked for after it would have been deleted.' },
  ),
  deletedAnyway: count(
    'Of the images and tags, those that the recorded past deleted, too. Whether they would have been pulled later is not known.',
  ),
}

const Example = Type.Object({
  image: Type.String({
    description: '`registry/repository@digest`, or `registry/repository:tag` for a single tag.',
  }),
  tags: Type.Array(Type.String(), { description: 'The tags that it had.' }),
  rule: Type.String({ description: 'The rule that would have deleted it.' }),
  deletedAt: Type.String({ description: 'When, RFC 3339.' }),
  pulledAt: Type.String({ description: 'When it was first pulled after that, RFC 3339.' }),
  pulls: count('How often.'),
})

export const PolicyOutcome = Type.Object({
  policy: Type.String({ description: 'The name of the policy.' }),
  registry: Type.String({ description: 'The registry that it would have cleaned.' }),
  plans: count('How many runs there would have been.'),
  ...Sum,
  rules: Type.Array(Type.Object({ rule: Type.String({ description: 'Its name in plans.' }), ...Sum }), {
    description: 'The same for each rule that would have deleted something, most images first.',
  }),
  examples: Type.Array(Example, { description: 'Some of what was regretted, the most pulled first.' }),
  pastShare: count(
    'Runs in a project that would have been held, as they delete more than `expiry.maxShare`. Here they are not.',
  ),
})
export type PolicyOutcome = Static<typeof PolicyOutcome>

/** Examples that are told of a policy. */
const FEW = 20

const isRegret = ({ pulls }: ReplayedDelete): boolean => pulls > 0

/** Sums up what a policy would have deleted. */
export function outcomeOf(
  { policy, registry, plans, pastShare }: Pick<PolicyOutcome, 'policy' | 'registry' | 'plans' | 'pastShare'>,
  deletes: readonly ReplayedDelete[],
): PolicyOutcome {
  const rules = [...Map.groupBy(deletes, ({ rule }) => rule)].map(([rule, some]) => ({
    rule,
    ...sumOf(some),
  }))
  const regretted = deletes.filter(isRegret).toSorted((a, b) => b.pulls - a.pulls || a.at - b.at)
  return {
    ...{ policy, registry, plans, pastShare },
    ...sumOf(deletes),
    rules: rules.toSorted((a, b) => b.images + b.tags - (a.images + a.tags) || (a.rule < b.rule ? -1 : 1)),
    examples: regretted.slice(0, FEW).map((one) => exampleOf(registry, one)),
  }
}

function sumOf(deletes: readonly ReplayedDelete[]) {
  const images = deletes.filter(({ tag }) => tag === undefined)
  const regretted = deletes.filter(isRegret)
  const contents = new Map<string, number>()
  for (const one of regretted)
    for (const [digest, bytes] of one.contents) contents.set(`${one.project} ${digest}`, bytes)
  const regrettedImages = regretted.filter(({ tag }) => tag === undefined).length
  return {
    images: images.length,
    tags: deletes.length - images.length,
    bytes: sum(deletes, ({ freedBytes }) => freedBytes),
    regretted: {
      images: regrettedImages,
      tags: regretted.length - regrettedImages,
      pulls: sum(regretted, ({ pulls }) => pulls),
      bytes: sum([...contents.values()], (bytes) => bytes),
    },
    deletedAnyway: deletes.filter(({ deletedAt }) => deletedAt !== undefined).length,
  }
}

const sum = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((total, one) => total + of(one), 0)

const time = (us: number): string => new Date(us / 1000).toISOString()

function exampleOf(
  registry: string,
  { repository, digest, tag, tags, rule, at, firstPullAt = at, pulls }: ReplayedDelete,
): Static<typeof Example> {
  const name = `${registry}/${repository}`
  return {
    image: tag === undefined ? `${name}@${digest}` : `${name}:${tag}`,
    ...{ tags, rule, deletedAt: time(at), pulledAt: time(firstPullAt), pulls },
  }
}
