import { channelsRoute } from '../../http/channels-route.ts'
import { flagsRoute } from '../../http/flags-route.ts'
import { forecastRoute } from '../../http/forecast-route.ts'
import { quotaRoute } from '../../http/quota-route.ts'
import { makeQuotaView } from '../../http/quota-view.ts'
import { recordsRoute } from '../../http/records-route.ts'
import { snoozesRoute } from '../../http/snoozes-route.ts'
import { sumQuotaRoute } from '../../http/sum-quota-route.ts'
import { projectSubject } from '../../queue/quota-subject.ts'
import { recheck } from '../../quota/recheck.ts'
import { forecastQuotaOf } from '../forecast-quota.ts'
import { knownGarbageOf } from '../known-garbage.ts'
import { measuring } from '../measuring.ts'
import type { OnRedis, Parts } from '../parts.ts'
import type { Shared } from './shared.ts'

/** Quotas, and whom Tallyman tells about them. */
export function quotaRoutes(parts: Parts, onRedis: OnRedis, shared: Shared) {
  const { settings, journals } = parts
  const { audit } = journals.audit
  const { queues } = onRedis
  const quotaView = makeQuotaView({ ...onRedis, ...shared, ...measuring(parts, onRedis) })
  const common = { ...onRedis, ...shared, audit, quotaView, registries: shared.registryNames }
  return [
    flagsRoute(common),
    quotaRoute({
      ...common,
      configuredLimit: (project) => settings().quotas.of(projectSubject(project))?.limit,
      recheck: (project) => recheck(queues, [projectSubject(project)]),
    }),
    sumQuotaRoute({ ...common, sums: () => settings().quotas.sums }),
    forecastRoute({
      ...{ ...common, now: Date.now, groups: () => settings().quotas.groups },
      quotaOf: (subject) => forecastQuotaOf(onRedis, subject),
      garbageOf: knownGarbageOf(parts).adviceOf,
    }),
    recordsRoute({ ...shared, alerts: journals.alerts }),
    snoozesRoute(common),
    channelsRoute({
      ...{ ...onRedis, ...shared, routes: () => settings().routes },
      configured: () => settings().config.alerts.channels,
    }),
  ]
}
