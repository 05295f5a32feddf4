import type { FastifyInstance } from 'fastify'
import { buildApp } from '../http/app.ts'
import { healthRoute } from '../http/health-route.ts'
import { makeProblemOf } from '../http/problem.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { QUEUE_NAMES } from '../queue/jobs.ts'
import { queuePrefix } from '../queue/queues.ts'
import type { Parts } from './parts.ts'

/** Builds the health routes. Gauges are read from Redis, so every process reports the same. */
export function health(
  { metrics, prefix }: Parts,
  { redis, queues, quarantine, backlog, watch }: Awaited<ReturnType<Parts['onRedis']>>,
) {
  return healthRoute({
    metrics,
    async ready() {
      const { refusal, warnings } = watch.judgement()
      if (refusal !== undefined) throw new Error(refusal)
      // On a cluster this asks the node that has the queues.
      const answer = redis.exists(queuePrefix(prefix))
      await answer.catch(() => Promise.reject(new Error(`Redis does not answer (${redis.status})`)))
      return { warnings }
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

/** Builds the HTTP server of a process that serves health only. It does not listen yet. The caller closes it. */
export async function serveHealth(parts: Parts): Promise<FastifyInstance> {
  const { log, config } = parts
  const { bodyLimit } = config.server
  // A connection of its own: on the workers' connection a request would wait until Redis is back.
  const routes = [health(parts, await parts.onRedis(connectFailingFast))]
  return buildApp({ log, bodyLimit, problemOf: makeProblemOf(log), onNoRoute: () => undefined, routes })
}
