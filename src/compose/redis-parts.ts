import type { Cluster, Redis } from 'ioredis'
import { makeDeliveries } from '../alerts/deliveries.ts'
import { makeLines } from '../alerts/lines.ts'
import { makeSnoozes } from '../alerts/snoozes.ts'
import { makeAudits } from '../delivery-audit/audits.ts'
import { makeInstances } from '../events/instances.ts'
import { makePulls } from '../events/pulls.ts'
import { makeQuarantine } from '../events/quarantine.ts'
import { makeReferencesTold } from '../events/references-told.ts'
import { makeTaken } from '../events/taken.ts'
import { makeAnnouncements } from '../expiry/announcements.ts'
import { makeDetails } from '../expiry/details/make-details.ts'
import { makeExpiry } from '../expiry/expire.ts'
import { makeKeeps } from '../expiry/keeps.ts'
import { makeLastRuns, noteLastRuns } from '../expiry/last-runs.ts'
import { makeFindNotUnderstood } from '../expiry/not-understood.ts'
import { makePlanAll } from '../expiry/plan-all.ts'
import { makePlanner } from '../expiry/planner.ts'
import { makeFindProtected } from '../expiry/protected.ts'
import { makeFailuresOf, makeFindProtections } from '../expiry/protection.ts'
import { makeShownPlans } from '../expiry/shown-plans.ts'
import { makeWouldFree } from '../expiry/would-free.ts'
import { makeHistories } from '../history/histories.ts'
import { makeReadGrowth } from '../history/read-growth.ts'
import { makeBrokenRecords } from '../integrity/broken-records.ts'
import { makeScrubFirst } from '../integrity/schedule-scrubs.ts'
import { makeScrubState } from '../integrity/scrub-state.ts'
import { makeEventDeliveries } from '../outgoing/deliveries.ts'
import { makeTell } from '../outgoing/tell.ts'
import { makeTelling } from '../outgoing/telling.ts'
import { makeAskFollow } from '../promotion/ask-follow.ts'
import { makeAwaitedPromotions } from '../promotion/awaited-promotions.ts'
import { makeFollowed } from '../promotion/follow.ts'
import { makeApprovals } from '../promotion/gates/approvals.ts'
import { makeTargets } from '../promotion/targets.ts'
import { makeTagTurns } from '../promotion/turn.ts'
import type { ExpiryAlert, PromotionAlert, RegistryAlert } from '../queue/alert.ts'
import { makeBacklog } from '../queue/backlog.ts'
import { closeQueues, makeQueues } from '../queue/queues.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import { makeFlags } from '../quota/flags.ts'
import { makeQuotasInForce } from '../quota/in-force.ts'
import { makeOverrides } from '../quota/overrides.ts'
import { makeLedger } from '../reconcile/ledger.ts'
import { makeMonths } from '../report/months.ts'
import { isRestoring } from '../snapshot/is-restoring.ts'
import { makeUsageIndex } from '../usage/usage-index.ts'
import type { BaseParts } from './base-parts.ts'
import { collectionRunsOf } from './collection-runs.ts'
import { makeDoubtOf } from './doubts.ts'
import { makeInUseOf } from './in-use.ts'
import { makeUseOf } from './use-of.ts'
import type { Watched } from './watch-all.ts'

/** Makes the parts that use Redis, on one connection. */
export function makeRedisParts(
  base: BaseParts,
  redis: Redis | Cluster,
  { watch, peers, storeWatch, lostData }: Watched,
) {
  const { prefix, log, store, journals, metrics, settings, projectOf, clientOf, readableClientOf } = base
  const { onClose, receivers, registries, dispatcher, tracing } = base
  const queues = makeQueues(redis, prefix, tracing?.telemetry)
  onClose(() => closeQueues(queues))
  const index = makeUsageIndex({ redis, prefix })
  watch.onLostData(async () => index.forgetLists())
  // Redis may have lost its newest data only: it crashed, or a replica took over.
  redis.on('ready', index.forgetLists)
  const tell = makeTell({ queues, receivers })
  const telling = makeTelling({ tell, projectOf, now: Date.now })
  const lastRuns = makeLastRuns({ redis, prefix, now: Date.now })
  const runs = noteLastRuns(telling.runs(journals.runs), lastRuns, (err) =>
    log.warn({ err }, 'the last run of a policy is missing in the metrics'),
  )
  const { audit } = journals.audit
  const now = () => Date.now() * 1000
  const keeps = makeKeeps({ store, now, onKept: storeWatch.noteChange })
  const shownPlans = makeShownPlans({ store, now })
  const ledger = makeLedger({ redis, prefix })
  const doubtOf = makeDoubtOf({
    ...{ ledger, queues, storeDoubt: storeWatch.doubt },
    isRestoring: () => isRestoring({ redis, prefix }),
  })
  const announce = (alert: RegistryAlert | ExpiryAlert | PromotionAlert) =>
    queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: alert.id })
  const scrubState = makeScrubState({ redis, prefix })
  const followed = makeFollowed({ redis, prefix })
  const awaited = makeAwaitedPromotions({ redis, prefix, queues })
  const config = () => settings().config
  const collectionRuns = collectionRunsOf({ store, config: config(), log })
  const inUse = makeInUseOf({
    ...{ config, registries, dispatcher, index, projectOf, doubtOf, announce, log, now },
  })
  const details = makeDetails({ redis, prefix, clientOf: readableClientOf, now })
  const pulls = makePulls({ redis, prefix, ledger, now })
  watch.onLostData(async () => pulls.forget())
  const protections = {
    keeps: keeps.findProtections,
    'expiry.protect': makeFindProtected(() => config().expiry.protect),
    inUse: inUse.find,
  }
  const failuresOf = makeFailuresOf(protections)
  const flags = makeFlags({ redis, prefix })
  const overrides = makeOverrides({ redis, prefix, now: Date.now })
  const inForce = makeQuotasInForce({ quotas: () => settings().quotas, overrides })
  const useOf = makeUseOf({ config, pulls })
  const planning: Parameters<typeof makePlanner>[0] = {
    ...{ index, details, now },
    findNotUnderstood: makeFindNotUnderstood({ clientOf: readableClientOf, now }),
    findProtections: makeFindProtections(protections),
    protectsLabels: () => config().expiry.protect.labels.length > 0,
    useOf,
    async quotaOf(project) {
      const { limit, escalate } = (await inForce.of(projectSubject(project)))?.quota ?? {}
      const evictsLater = escalate?.evict === true && !(await flags.ofProject(project)).isEscalated
      return { limit, evictsLater }
    },
  }
  const planner = makePlanner(planning)
  return {
    ...{
      redis,
      queues,
      index,
      watch,
      storeWatch,
      lostData,
      peers,
      ledger,
      keeps,
      inUse,
      announce,
      tell,
      telling,
      lastRuns,
    },
    months: makeMonths({ redis, prefix }),
    ...{ histories: makeHistories({ redis, prefix }), readGrowth: makeReadGrowth({ redis, prefix }) },
    ...{ followed, awaited, askFollow: makeAskFollow({ queues, followed, awaited }) },
    targets: makeTargets(store),
    tagTurns: makeTagTurns({ queues, redis, prefix }),
    approvals: makeApprovals({ store, now }),
    ...{ brokenRecords: makeBrokenRecords({ redis, prefix }), scrubState },
    /** To be called by what collects garbage. */
    scrubFirst: makeScrubFirst({
      ...{ queues, state: scrubState, now: Date.now },
      isScrubbed: (name) => registries.some((one) => one.name === name && one.scrub !== undefined),
    }),
    lines: makeLines({ redis, prefix }),
    deliveries: makeDeliveries({ redis, prefix }),
    eventDeliveries: makeEventDeliveries({ redis, prefix }),
    snoozes: makeSnoozes({ redis, prefix }),
    backlog: makeBacklog({ redis, queues }),
    ...{ flags, overrides, inForce },
    quarantine: makeQuarantine({ redis, prefix }),
    instances: makeInstances({ redis, prefix }),
    referencesTold: makeReferencesTold({ redis, prefix }),
    ...{
      audits: makeAudits({ redis, prefix }),
      taken: makeTaken({ redis, prefix, registries: base.audited, now: Date.now }),
    },
    ...{ details, pulls, useOf, planning, doubtOf, planner, shownPlans },
    wouldFree: makeWouldFree({ planning, doubtOf, log, policies: () => settings().expiry.policies }),
    planAll: makePlanAll({
      ...{ index, planner, details, projectOf, failuresOf },
      announcementsOf: makeAnnouncements(store).read,
      maxShare: () => config().expiry.maxShare,
    }),
    expiry: makeExpiry({
      settings: () => settings().expiry,
      ...{ index, clientOf, store, runs, audit, metrics, log, now },
      isHeld: async (registry) => (await collectionRuns.holderOf(registry)) !== undefined,
      doubtOf,
      failuresOf,
      planner,
      announce,
    }),
  }
}
