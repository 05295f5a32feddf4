import type { Job } from 'bullmq'
import type { PromotionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'

/**
 * Lets one promotion to a target tag be in hand at a time, in all worker processes together: the first of the active jobs for
 * that tag. The list of active jobs is one list in Redis, so all processes see the same order. A killed worker's job is among
 * them until BullMQ puts it back into the queue.
 */
export const makeIsTurn =
  (queues: Pick<Queues, 'promotion'>) =>
  async ({ id, data: { to } }: Pick<Job<PromotionJob>, 'id' | 'data'>): Promise<boolean> => {
    const active = await queues.promotion.getJobs(['active'], 0, -1, true)
    const first = active.find(
      (one) =>
        one?.data.kind === 'copy' &&
        one.data.to.registry === to.registry &&
        one.data.to.repository === to.repository &&
        one.data.to.tag === to.tag,
    )
    return first === undefined || first.id === id
  }
