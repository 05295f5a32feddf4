import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import { projectSubject, type QuotaSubject, subjectKey } from '../queue/quota-subject.ts'
import type { Overrides } from './overrides.ts'
import type { Quotas } from './quotas.ts'

/** Jobs that are added in one call. */
const BATCH = 500

/** A group or a registry is looked at once in this time at most, however many of its projects change, in ms. */
const SUM_MS = 5_000

/** The same for a project of which all images must be read. */
const TAGGED_MS = 30_000

type QuotaQueue = Pick<Queues, 'quota'>

const delayOf = ({ kind }: QuotaSubject): number => (kind === 'project' ? 0 : SUM_MS)

/**
 * Queues a look at each flag, which begins after a delay in ms. Of each, at most one look runs and one waits.
 */
export async function recheck(
  { quota }: QuotaQueue,
  subjects: Iterable<QuotaSubject>,
  delay: (subject: QuotaSubject) => number = delayOf,
): Promise<void> {
  const jobs = [...subjects].map((data) => ({
    name: 'quota' as const,
    data: { kind: data.kind, id: data.id },
    opts: {
      deduplication: { id: jobId('quota', subjectKey(data)), keepLastIfActive: true },
      delay: delay(data),
    },
  }))
  for (let i = 0; i < jobs.length; i += BATCH) await quota.addBulk(jobs.slice(i, i + BATCH))
}

/** Queues a look at a flag at a time. It takes the place of the one that waits for a time of its own. */
export async function lookAgain({ quota }: QuotaQueue, subject: QuotaSubject, inMs: number): Promise<void> {
  const deduplication = { id: jobId('look', subjectKey(subject)), replace: true, keepLastIfActive: true }
  await quota.add('quota', subject, { delay: Math.max(0, inMs), deduplication })
}

/**
 * Makes what is to be called with the projects that have changed: it looks at the flags of those with a quota or in a group, and
 * of their registries. `recheckChanged` looks at those that lost their quota.
 */
export const makeRecheckQuotas =
  (deps: { queues: QuotaQueue; quotas: () => Quotas; overrides: Pick<Overrides, 'of'> }) =>
  async (projects: Iterable<string>): Promise<void> => {
    const ids = [...projects]
    const quotas = deps.quotas()
    const overrides = await deps.overrides.of(ids)
    const isLimited = (id: string) =>
      quotas.of(projectSubject(id)) !== undefined || overrides.has(id) || quotas.groupsOf(id).length > 0
    const registries = new Map(ids.flatMap(quotas.registriesOf).map((one) => [one.id, one]))
    const isTagged = (id: string) =>
      [quotas.of(projectSubject(id)), ...quotas.groupsOf(id)].some((quota) => quota?.measure === 'tagged')
    await recheck(
      deps.queues,
      [...ids.filter(isLimited).map(projectSubject), ...registries.values()],
      (subject) => (subject.kind === 'project' && isTagged(subject.id) ? TAGGED_MS : delayOf(subject)),
    )
  }
