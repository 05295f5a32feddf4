import type { FastifyInstance } from 'fastify'
import { buildApp } from '../http/app.ts'
import { healthRoute } from '../http/health-route.ts'
import { makeProblemOf } from '../http/problem.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { QUEUE_NAMES } from '../queue/jobs.ts'
import { queuePrefix } from '../queue/queues.ts'
import type { Parts } from './parts.ts'

/** What a process tells orchestrators and Prometheus; the gauges are read from Redis, so each tells the same. */
export function health(
  { metrics, prefix }: Parts,
  { redis, queues, quarantine, backlog }: Awaited<ReturnType<Parts['onRedis']>>,
) {
  return healthRoute({
    metrics,
    async ready() {
      // Of a cluster, the node that has the queues.
      const answer = redis.exists(queuePrefix(prefix))
      await answer.catch(() => Promise.reject(new Error(`Redis does not answer (${redis.status})`)))
    },
    async observe() {
      metrics.backlogBytes.set((await backlog.read()).bytes)
      metrics.quarantined.set(await quarantine.count())
      const dropped = await quarantine.dropped()
      metrics.quarantineDropped.reset()
      metrics.quarantineDropped.inc(dropped)
      for (const queue of QUEUE_NAMES) {
        const counts = await queues[queue].getJobCounts('waiting', 'active', 'delayed', 'failed')
        for (const [state, count] of Object.entries(counts)) metrics.jobs.set({ queue, state }, count)
      }
    },
  })
}

/** For a process that answers nothing else; not listening yet. */
export async function serveHealth(parts: Parts): Promise<FastifyInstance> {
  const { log, onClose } = parts
  const { bodyLimit } = parts.config.server
  // Not over the workers' connection, on which what asks would wait for a Redis that is gone.
  const routes = [health(parts, await parts.onRedis(connectFailingFast))]
  const app = await buildApp({ log, bodyLimit, problemOf: makeProblemOf(log), routes })
  onClose(() => app.close())
  return app
}
