import type { Tokens } from '../../access/tokens.ts'
import { auditRoute } from '../../http/audit-route.ts'
import { collectionsRoute } from '../../http/collections-route.ts'
import { deliveriesRoute } from '../../http/deliveries-route.ts'
import { doctorRoute } from '../../http/doctor-route.ts'
import { failedJobsRoute } from '../../http/failed-jobs-route.ts'
import { jobsRoute } from '../../http/jobs-route.ts'
import { namesRoute } from '../../http/names-route.ts'
import { schemaRoute } from '../../http/schema-route.ts'
import { snapshotsRoute } from '../../http/snapshots-route.ts'
import { storageOverviewRoute } from '../../http/storage-overview-route.ts'
import { storeRoute } from '../../http/store-route.ts'
import { tokensRoute } from '../../http/tokens-route.ts'
import { whoamiRoute } from '../../http/whoami-route.ts'
import { makeOneAtATime } from '../../platform/one-at-a-time.ts'
import { makeFailedJobs } from '../../queue/failed-jobs.ts'
import { makeOnLostEvents } from '../../reconcile/gaps.ts'
import { collectionRunsOf } from '../collection-runs.ts'
import { missingFor } from '../collections.ts'
import { makeDiagnose } from '../doctor-service.ts'
import { knownGarbageOf } from '../known-garbage.ts'
import type { OnRedis, Parts } from '../parts.ts'
import { surveysOf } from '../storage.ts'
import type { Shared } from './shared.ts'

/** What who runs the service asks of it. */
export function operationRoutes(parts: Parts, onRedis: OnRedis, shared: Shared, named: Tokens) {
  const { config, store, journals, registries } = parts
  const { queues, ledger, eventDeliveries } = onRedis
  const collections = {
    ...{ runs: collectionRunsOf(parts), adviceOf: knownGarbageOf(parts).adviceOf, missingFor, queues },
    ...{
      registries,
      now: Date.now,
      oneAtATime: makeOneAtATime({ ...onRedis, prefix: parts.prefix, what: 'collection-asking' }),
    },
  }
  const failedJobs = makeFailedJobs({ queues, onLose: makeOnLostEvents(ledger) })
  return [
    jobsRoute({ ...shared, queues }),
    failedJobsRoute({ ...shared, failedJobs }),
    deliveriesRoute({ ...shared, deliveries: eventDeliveries, queues, now: Date.now }),
    snapshotsRoute({ ...shared, store, queues }),
    collectionsRoute({ ...shared, ...collections, audit: journals.audit.audit }),
    storageOverviewRoute({ ...shared, ...collections, surveys: surveysOf(parts) }),
    storeRoute({ ...shared, store: onRedis.storeWatch, audit: journals.audit.audit }),
    auditRoute({ ...shared, audit: journals.audit }),
    tokensRoute({
      ...{ ...shared, tokens: named, registries: shared.registryNames, audit: journals.audit.audit },
    }),
    whoamiRoute(shared),
    namesRoute({ ...shared, config }),
    doctorRoute({ ...shared, diagnose: makeDiagnose(parts, onRedis, shared.refusals) }),
    schemaRoute,
  ]
}
