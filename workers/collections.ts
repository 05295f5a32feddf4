import { DelayedError } from 'bullmq'
import { askedAt, collectionId } from '../src/collection/ask-collection.ts'
import { type Collector, TAKEN } from '../src/collection/collector.ts'
import { LATE_MS } from '../src/collection/schedule.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import type { Queues } from '../src/queue/queues.ts'

/** How long a collection waits for another one of its registry, in ms, before it asks again. */
const AGAIN_MS = 5_000

export const collectionsWorker = (
  context: WorkerContext,
  { collector, queues }: { collector: Pick<Collector, 'process'>; queues: Pick<Queues, 'collections'> },
  /** Each has its place: a collection takes hours. */
  registries: number,
) =>
  makeWorker(
    'collections',
    context,
    async (asked, job) => {
      const at = askedAt(job)
      if (asked.id === undefined && Date.now() - at > LATE_MS) {
        const due = new Date(at).toISOString()
        context.log.warn(
          { registry: asked.registry, due },
          'a scheduled collection is left out: its time has passed',
        )
        return null
      }
      const run = await collector.process({
        ...{ asked, id: collectionId(job), at },
        onPhase: ({ phase, registry }) => job.updateProgress({ registry, phase }),
        stopOf: async () => (await queues.collections.getJob(job.id ?? ''))?.data.stopped,
      })
      if (run !== TAKEN) return run
      await job.moveToDelayed(Date.now() + AGAIN_MS, job.token)
      throw new DelayedError()
    },
    { concurrency: Math.max(1, registries) },
  )
