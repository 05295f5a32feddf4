import { Redis } from 'ioredis'
import { makeHistories } from '../src/history/histories.ts'
import { EMPTY, withSample } from '../src/history/history.ts'
import { DAY_MS, hourOf, sampleOf } from '../src/history/sample.ts'
import { closeQueues, makeQueues } from '../src/queue/queues.ts'
import type { Project } from './api.ts'

export type Past = ReturnType<typeof makePast>

/** A story of half a minute has no past. This makes one up, so that there is something to forecast from. */
export function makePast(url: string, prefix: string) {
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  const queues = makeQueues(redis, prefix)
  return {
    /**
     * Writes what a project would have used in the last `days`, if it had grown steadily to what it uses now, and has Tallyman
     * take the sample of this hour.
     */
    async growTo(project: Project, days: number, bytesPerDay: number): Promise<void> {
      let history = EMPTY
      for (let day = days; day > 0; day--) {
        const uniqueBytes = Math.max(0, project.uniqueBytes - day * bytesPerDay)
        history = withSample(history, hourOf(Date.now() - day * DAY_MS), {
          ...sampleOf(project),
          uniqueBytes,
        })
      }
      await makeHistories({ redis, prefix }).write(project.id, history)
      await queues.history.add('history', { kind: 'sample' })
    },
    async close(): Promise<void> {
      await closeQueues(queues)
      redis.disconnect()
    },
  }
}
