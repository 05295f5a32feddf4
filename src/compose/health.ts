import type { FastifyInstance } from 'fastify'
import { buildApp } from '../http/app.ts'
import { healthRoute } from '../http/health-route.ts'
import { makeProblemOf } from '../http/problem.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { shareReads } from '../platform/share-reads.ts'
import { queuePrefix } from '../queue/queues.ts'
import { observeQueues } from './observe/queues.ts'
import { observeRedis } from './observe/redis.ts'
import type { OnRedis, Parts } from './parts.ts'

/** The gauges are read from Redis this often at most, in ms. A Prometheus asks each 15 s or less often. */
const FRESH_MS = 3_000

/** Builds the health routes. `observers` set the gauges that are read from Redis. */
export function health(parts: Parts, onRedis: OnRedis, observers: readonly (() => Promise<void>)[]) {
  const { metrics, prefix, log, outage } = parts
  const { redis, watch } = onRedis
  const note = (error: unknown) => {
    if (!outage.takes(error)) log.warn({ err: error }, 'some metrics could not be read')
  }
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
    observe: shareReads(
      async () => void (await Promise.all(observers.map((observe) => observe().catch(note)))),
      () => FRESH_MS,
    ),
  })
}

/** Builds the HTTP server of a process that serves health only. It does not listen yet. The caller closes it. */
export async function serveHealth(parts: Parts): Promise<FastifyInstance> {
  const { log, config } = parts
  const { bodyLimit } = config.server
  // A connection of its own: on the workers' connection a request would wait until Redis is back.
  const onRedis = await parts.onRedis(connectFailingFast)
  const routes = [health(parts, onRedis, [observeQueues(parts, onRedis), observeRedis(parts, onRedis)])]
  return buildApp({ log, bodyLimit, problemOf: makeProblemOf(parts), onNoRoute: () => undefined, routes })
}
