import { jobId } from '../queue/job-id.ts'
import type { FollowJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { AwaitedPromotions } from './awaited-promotions.ts'
import type { Followed } from './follow.ts'
import type { TaggedImage } from './match.ts'

export type AskFollow = (from: Omit<TaggedImage, 'tag'>, subject: string) => Promise<void>

/**
 * Makes what is called when something refers to a manifest. Promotions of the manifest that wait at gates look at it again. If it was
 * promoted, all that belongs to it is copied there; while such a job is in hand, one more waits.
 */
export const makeAskFollow =
  ({
    queues,
    followed,
    awaited,
  }: {
    queues: Pick<Queues, 'promotion'>
    followed: Followed
    awaited: Pick<AwaitedPromotions, 'wakeAll'>
  }): AskFollow =>
  async (from, subject) => {
    await awaited.wakeAll(from, subject)
    for (const job of await followed.jobsFor(from, subject)) await add(queues, job)
  }

/** Has what belongs to a manifest copied since an audit asks for it: no rule need follow the image, and no gate is asked. */
export const addFollow = (queues: Pick<Queues, 'promotion'>, job: FollowJob): Promise<void> =>
  add(queues, { ...job, mend: true })

async function add(queues: Pick<Queues, 'promotion'>, job: FollowJob): Promise<void> {
  const { registry, repository, subject, to, mend } = job
  const id = jobId('follow', registry, repository, subject, to.registry, to.repository, mend ? 'mend' : '')
  await queues.promotion.add('promotion', job, { deduplication: { id, keepLastIfActive: true } })
}
