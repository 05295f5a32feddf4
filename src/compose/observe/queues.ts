import { countJobs } from '../../queue/count-jobs.ts'
import { QUEUE_NAMES } from '../../queue/jobs.ts'
import { queueLag } from '../../queue/queue-lag.ts'
import type { OnRedis, Parts } from '../parts.ts'

/** Makes what sets the gauges of queues and quarantine. They are read from Redis, so every process reports the same. */
export function observeQueues({ metrics, config }: Parts, { queues, quarantine, backlog }: OnRedis) {
  return async (): Promise<void> => {
    metrics.backlogLimitBytes.set(config.intake.maxBacklog)
    metrics.backlogBytes.set((await backlog.read()).bytes)
    metrics.quarantined.set(await quarantine.count())
    const dropped = await quarantine.dropped()
    metrics.quarantineDropped.reset()
    metrics.quarantineDropped.inc(dropped)
    for (const queue of QUEUE_NAMES) {
      const counts = await countJobs(queues[queue])
      for (const [state, count] of Object.entries(counts)) metrics.jobs.set({ queue, state }, count)
      metrics.queueLag.set({ queue }, (await queueLag(queues[queue], Date.now())) / 1_000)
    }
  }
}
