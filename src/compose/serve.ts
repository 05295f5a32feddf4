import type { FastifyInstance } from 'fastify'
import { makeIntake } from '../events/intake.ts'
import { makeReplay } from '../events/replay.ts'
import { buildApp, KEEP_ALIVE_MS } from '../http/app.ts'
import { makeDirectDeliveries } from '../http/direct-deliveries.ts'
import { EVENTS_PATH, eventsRoute, inHttp } from '../http/events-route.ts'
import { expiryRoute } from '../http/expiry-route.ts'
import { failedJobsRoute } from '../http/failed-jobs-route.ts'
import { jobsRoute } from '../http/jobs-route.ts'
import { makeProblemOf } from '../http/problem.ts'
import { projectsRoute } from '../http/projects-route.ts'
import { quarantineRoute } from '../http/quarantine-route.ts'
import { reclaimableRoute } from '../http/reclaimable-route.ts'
import { recordsRoute } from '../http/records-route.ts'
import { registriesRoute } from '../http/registries-route.ts'
import { makeRoles } from '../http/roles.ts'
import { snapshotsRoute } from '../http/snapshots-route.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { makeFailedJobs } from '../queue/failed-jobs.ts'
import { makeInbox } from '../queue/inbox.ts'
import { makeOnLostEvents } from '../reconcile/gaps.ts'
import { health } from './health.ts'
import type { Parts } from './parts.ts'

/** Builds what answers HTTP; not listening yet. */
export async function serve(parts: Parts): Promise<FastifyInstance> {
  const { config, log, prefix, store, metrics, registries, journals } = parts
  const onRedis = await parts.onRedis(connectFailingFast)
  const { redis, queues, index, flags, quarantine, instances, ledger, expiry, backlog } = onRedis
  const roles = makeRoles(config.server)
  const tokens = registries.flatMap(({ name, token }) => (token === undefined ? [] : [{ name, token }]))
  const { policies, dryRun } = config.expiry
  const { alerts, receipts, runs } = journals
  const inbox = makeInbox({ redis, prefix })
  parts.onClose(async () => inbox.close())
  const intake = makeIntake({ inbox, backlog, maxBacklog: config.intake.maxBacklog, metrics })
  // Of a cluster it may be one node that was lost.
  for (const loss of ['close', '-node']) redis.on(loss, intake.forgetRecent)
  const failedJobs = makeFailedJobs({ queues, onLose: makeOnLostEvents(ledger) })
  const { bodyLimit } = config.server
  const problemOf = makeProblemOf(log)
  const direct = makeDirectDeliveries({
    ...{ receive: intake.receive, bodyLimit, keepAliveMs: KEEP_ALIVE_MS },
    problemOf: (error) => problemOf(inHttp(error), { method: 'POST', url: EVENTS_PATH }),
  })
  const app = await buildApp({
    ...{ log, bodyLimit, problemOf, direct },
    routes: [
      eventsRoute({ intake, tokens, direct }),
      projectsRoute({
        ...{ index, flags, quotaOf: parts.quotaOf, roles, registries: registries.map(({ name }) => name) },
      }),
      reclaimableRoute({ index, roles }),
      registriesRoute({ registries, index, instances, ledger, queues, roles }),
      recordsRoute({ alerts, receipts, roles }),
      quarantineRoute({ quarantine, replay: makeReplay({ quarantine, queues }), roles }),
      expiryRoute({ expiry, policies: policies.map(({ name }) => name), dryRun, runs, queues, roles }),
      snapshotsRoute({ store, queues, roles }),
      jobsRoute({ queues, roles }),
      failedJobsRoute({ failedJobs, roles }),
      health(parts, onRedis),
    ],
  })
  parts.onClose(() => app.close())
  return app
}
