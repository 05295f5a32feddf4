import type { FastifyInstance } from 'fastify'
import { makeAccessOf } from '../access/access-of.ts'
import { makeTokens } from '../access/tokens.ts'
import { makeIdentify } from '../events/identify.ts'
import { makeIntake } from '../events/intake.ts'
import { makeRefusals } from '../events/refusals.ts'
import { makeReplay } from '../events/replay.ts'
import { roomFor } from '../events/room.ts'
import { makeCurve } from '../expiry/curve.ts'
import { makeFamilies } from '../expiry/families.ts'
import { makeHasRepository } from '../expiry/has-repository.ts'
import { makeImageExists } from '../expiry/image-exists.ts'
import { makeRestoreImage } from '../expiry/restore-image.ts'
import { makeTrash } from '../expiry/trash.ts'
import { makeTrashReader } from '../expiry/trash-reader.ts'
import { admissionRoute } from '../http/admission-route.ts'
import { buildApp } from '../http/app.ts'
import { auditRoute } from '../http/audit-route.ts'
import { catalogueRoute } from '../http/catalogue-route.ts'
import { channelsRoute } from '../http/channels-route.ts'
import { contentsRoute } from '../http/contents-route.ts'
import { builtDashboard } from '../http/dashboard.ts'
import { deliveriesRoute } from '../http/deliveries-route.ts'
import { doctorRoute } from '../http/doctor-route.ts'
import { eventsRoute } from '../http/events-route.ts'
import { expiryCurveRoute } from '../http/expiry-curve-route.ts'
import { expiryDiffRoute } from '../http/expiry-diff-route.ts'
import { expiryPoliciesRoute } from '../http/expiry-policies-route.ts'
import { expiryRoute } from '../http/expiry-route.ts'
import { expiryRunsRoute } from '../http/expiry-runs-route.ts'
import { failedJobsRoute } from '../http/failed-jobs-route.ts'
import { flagsRoute } from '../http/flags-route.ts'
import { forecastRoute } from '../http/forecast-route.ts'
import { growthRoute } from '../http/growth-route.ts'
import { historyRoute } from '../http/history-route.ts'
import { imagesRoute } from '../http/images-route.ts'
import { jobsRoute } from '../http/jobs-route.ts'
import { keepsRoute } from '../http/keeps-route.ts'
import { namesRoute } from '../http/names-route.ts'
import { overviewLiveRoute } from '../http/overview-live-route.ts'
import { overviewRoute } from '../http/overview-route.ts'
import { makeProblemOf } from '../http/problem.ts'
import { projectsRoute } from '../http/projects-route.ts'
import { promotionListsRoute } from '../http/promotion-lists-route.ts'
import { promotionReceiptRoute } from '../http/promotion-receipt-route.ts'
import { promotionRollbackRoute } from '../http/promotion-rollback-route.ts'
import { promotionRulesRoute } from '../http/promotion-rules-route.ts'
import { promotionTargetsRoute } from '../http/promotion-targets-route.ts'
import { promotionsRoute } from '../http/promotions-route.ts'
import { quarantineRoute } from '../http/quarantine-route.ts'
import { quotaRoute } from '../http/quota-route.ts'
import { makeQuotaView } from '../http/quota-view.ts'
import { reclaimableRoute } from '../http/reclaimable-route.ts'
import { recordsRoute } from '../http/records-route.ts'
import { makeNoteWrongPath, noteTls } from '../http/refused-delivery.ts'
import { registriesRoute } from '../http/registries-route.ts'
import { reportRoute } from '../http/report-route.ts'
import { repositoriesRoute } from '../http/repositories-route.ts'
import { makeRoles } from '../http/roles.ts'
import { schemaRoute } from '../http/schema-route.ts'
import { snapshotsRoute } from '../http/snapshots-route.ts'
import { snoozesRoute } from '../http/snoozes-route.ts'
import { sumQuotaRoute } from '../http/sum-quota-route.ts'
import { tokensRoute } from '../http/tokens-route.ts'
import { trashRoute } from '../http/trash-route.ts'
import { makeTurns } from '../http/turns.ts'
import { usesRoute } from '../http/uses-route.ts'
import { whoamiRoute } from '../http/whoami-route.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { shareReads } from '../platform/share-reads.ts'
import { makeCheckReceipt } from '../promotion/check-receipt.ts'
import { makeFailedJobs } from '../queue/failed-jobs.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import { recheck } from '../quota/recheck.ts'
import { readStandings } from '../quota/standings.ts'
import { makeOnLostEvents } from '../reconcile/gaps.ts'
import { projectId } from '../usage/project.ts'
import { projectSizesOf, usagesOf } from '../usage/project-sizes.ts'
import { makeAdmission } from './admission.ts'
import { authenticateCi } from './ci.ts'
import { makeDiagnose } from './doctor-service.ts'
import { forecastQuotaOf } from './forecast-quota.ts'
import { health } from './health.ts'
import { login } from './login.ts'
import { measuring } from './measuring.ts'
import { observeProjects } from './observe/projects.ts'
import { observeQueues } from './observe/queues.ts'
import { observeRedis } from './observe/redis.ts'
import { observeRegistries } from './observe/registries.ts'
import { observeRuns } from './observe/runs.ts'
import { observeSnapshots } from './observe/snapshots.ts'
import { observeSums } from './observe/sums.ts'
import { observeWaiting } from './observe/waiting.ts'
import { overviewOf } from './overview.ts'
import type { Parts } from './parts.ts'
import { promotionRequests } from './promotion-requests.ts'
import { rollbackOf } from './rollback.ts'
import { makeUses } from './uses.ts'

/**
 * How long the list of projects is used, in ms for each project of it: ten times as long as it takes to read, so reading
 * it takes a tenth of the process's time at most.
 */
const FRESH_MS = 0.35

/** The same for metrics, which nobody waits for: reading takes a hundredth of the process's time at most. */
const METRICS_FRESH_MS = 3.5

/** Builds the HTTP server with all routes. It does not listen yet. The caller closes it. */
export async function serve(parts: Parts): Promise<FastifyInstance> {
  const { config, log, prefix, store, metrics, registries, journals } = parts
  const onRedis = await parts.onRedis(connectFailingFast)
  const { redis, queues, index, flags, quarantine, instances, ledger, planAll, backlog } = onRedis
  const { details, keeps, pulls, histories, inForce, overrides, shownPlans } = onRedis
  const named = makeTokens({
    ...{ redis, prefix },
    onError: (err) => log.warn({ err }, 'the use of a token could not be noted'),
  })
  const accessOf = makeAccessOf({
    ...{ tokens: config.server, named, authenticateCi: authenticateCi(parts, onRedis), now: Date.now },
  })
  const { cookie, accessOfCookie, routes: loginRoutes } = await login(parts, onRedis, { accessOf, named })
  const roles = makeRoles(accessOf, accessOfCookie)
  const projectIdOf = ({ registry, repository }: { registry: string; repository: string }) =>
    projectId(registry, parts.projectOf(registry, repository))
  const tokens = registries.flatMap(({ name, token }) => (token === undefined ? [] : [{ name, token }]))
  const { alerts, receipts, runs } = journals
  const { audit } = journals.audit
  const { maxBacklog } = config.intake
  const inTurn = makeTurns()
  const standings = shareReads(
    () =>
      readStandings({
        registries: registries.map(({ name }) => name),
        sizesOf: (registry) => projectSizesOf({ redis, prefix }, registry),
        ...{ flags, largest: config.metrics.projects },
      }),
    ({ count }) => count * FRESH_MS,
  )
  const counted = shareReads(standings, ({ count }) => count * METRICS_FRESH_MS)
  const tally = async () => (await counted()).tally
  const { measure } = measuring(parts, onRedis)
  const observers = [
    observeQueues(parts, onRedis),
    observeRedis(parts, onRedis),
    observeRegistries(parts, onRedis),
    observeSums(parts, onRedis, measure),
    observeRuns(parts, onRedis),
    observeWaiting(parts, onRedis),
    observeSnapshots(parts),
    ...(config.metrics.projects > 0 ? [observeProjects(parts, onRedis, tally)] : []),
  ]
  const { bodyLimit } = config.server
  const room = roomFor(bodyLimit)
  const refusals = makeRefusals({ log, metrics, now: Date.now })
  const registryOf = makeIdentify(tokens)
  const intake = makeIntake({ queue: queues.events, backlog, maxBacklog, room, metrics })
  const failedJobs = makeFailedJobs({ queues, onLose: makeOnLostEvents(ledger) })
  const trash = makeTrash({ store, now: () => Date.now() * 1000 })
  const reader = makeTrashReader({
    store,
    onUnreadable: (key, error) => log.warn({ key, err: error }, 'unreadable entry of the trash'),
  })
  const quotaView = makeQuotaView({ flags, inForce, measure, inTurn })
  const requests = promotionRequests(parts, onRedis, inTurn)
  const { overview, withGrowth } = overviewOf(parts, onRedis, standings)
  const app = await buildApp({
    ...{ log, bodyLimit, problemOf: makeProblemOf(parts), tracing: parts.tracing },
    onNoRoute: makeNoteWrongPath({ refusals, registryOf }),
    ...{ cookie, isHttps: cookie.isSecure, dashboard: builtDashboard() },
    routes: [
      eventsRoute({ intake, refusals, metrics, registryOf }),
      projectsRoute({
        ...{ index, flags, inForce, standings, withGrowth, roles, inTurn },
        usagesOf: (ids) => usagesOf({ redis, prefix }, ids),
      }),
      overviewRoute({ overview, roles, inTurn }),
      overviewLiveRoute({ overview, roles }),
      flagsRoute({ flags, roles }),
      quotaRoute({
        ...{ index, inForce, overrides, audit, roles, quotaView },
        configuredLimit: (project) => parts.settings().quotas.of(projectSubject(project))?.limit,
        recheck: (project) => recheck(queues, [projectSubject(project)]),
        registries: registries.map(({ name }) => name),
        keepsNames: () => parts.settings().config.actors,
      }),
      sumQuotaRoute({ quotaView, sums: () => parts.settings().quotas.sums, roles }),
      imagesRoute({ index, details, roles, inTurn }),
      reclaimableRoute({ index, roles, inTurn }),
      contentsRoute({
        ...{ index, details, useOf: onRedis.useOf, roles, inTurn },
        findProtections: onRedis.planning.findProtections,
      }),
      repositoriesRoute({ index, roles, inTurn }),
      registriesRoute({ registries, index, instances, pulls, refusals, ledger, queues, roles }),
      historyRoute({ registries: registries.map(({ name }) => name), index, histories, roles }),
      growthRoute({ index, histories, readGrowth: onRedis.readGrowth, roles, inTurn, now: Date.now }),
      forecastRoute({
        ...{ registries: registries.map(({ name }) => name), index, histories, roles, now: Date.now },
        quotaOf: (subject) => forecastQuotaOf(onRedis, subject),
        groups: () => parts.settings().quotas.groups,
      }),
      reportRoute({ registries, months: onRedis.months, roles, inTurn, now: Date.now }),
      recordsRoute({ alerts, roles }),
      snoozesRoute({
        ...{ snoozes: onRedis.snoozes, audit, roles, registries: registries.map(({ name }) => name) },
        keepsNames: () => parts.settings().config.actors,
      }),
      channelsRoute({
        ...{ ...onRedis, routes: () => parts.settings().routes, roles },
        configured: () => parts.settings().config.alerts.channels,
      }),
      promotionsRoute({
        ...requests,
        ...{ receipts, queues, projectIdOf, roles, inTurn },
        keepsNames: () => parts.settings().config.actors,
      }),
      promotionTargetsRoute({ match: parts.match, registries, projectIdOf, roles }),
      promotionListsRoute({ existing: requests.existing, audit: requests.auditPromotions, roles }),
      promotionRulesRoute({ rules: () => parts.settings().config.promotion.rules, roles }),
      promotionReceiptRoute({
        ...{ receipts, projectIdOf, roles, inTurn, checkReceipt: makeCheckReceipt(parts) },
        registries: registries.map(({ name }) => name),
      }),
      promotionRollbackRoute({
        ...{ rollback: rollbackOf(parts, onRedis), receipts, projectIdOf, audit, roles },
      }),
      quarantineRoute({ quarantine, replay: makeReplay({ quarantine, queues }), roles, inTurn }),
      expiryRoute({
        ...{
          planAll,
          shownPlans,
          settings: () => parts.settings().expiry,
          roles,
          inTurn,
          now: () => Date.now() * 1000,
        },
        hasProject: async (id) => (await index.usage(id)) !== undefined,
        hasRepository: makeHasRepository({ ...parts, index }),
        registries: () => Object.keys(parts.settings().config.registries),
      }),
      expiryPoliciesRoute({
        policies: () => parts.settings().config.expiry.policies,
        registries: () => Object.keys(parts.settings().config.registries),
        projects: index.projects,
        roles,
      }),
      expiryCurveRoute({
        curve: makeCurve({ index, planner: onRedis.planner, details }),
        hasProject: async (id) => (await index.usage(id)) !== undefined,
        registries: () => Object.keys(parts.settings().config.registries),
        ...{ roles, inTurn, now: () => Date.now() * 1000 },
      }),
      expiryDiffRoute({
        ...{
          planAll,
          runs,
          settings: () => parts.settings().expiry,
          roles,
          inTurn,
          now: () => Date.now() * 1000,
        },
      }),
      expiryRunsRoute({
        ...{ settings: () => parts.settings().expiry, runs, shownPlans, audit, queues, roles, inTurn },
      }),
      auditRoute({ audit: journals.audit, projectIdOf, roles }),
      keepsRoute({
        ...{ keeps, audit, projectIdOf, roles, inTurn, exists: makeImageExists({ ...parts, index }) },
        registries: registries.map(({ name }) => name),
        keepsNames: () => parts.settings().config.actors,
      }),
      trashRoute({
        reader,
        trash,
        projectIdOf,
        undo: () => parts.settings().expiry,
        restoreImage: makeRestoreImage({
          ...{ reader, clientOf: parts.clientOf, families: makeFamilies(store), trash, log },
        }),
        registries: registries.map(({ name }) => name),
        ...{ audit, roles, inTurn },
      }),
      snapshotsRoute({ store, queues, roles }),
      jobsRoute({ queues, roles, inTurn }),
      failedJobsRoute({ failedJobs, roles }),
      usesRoute({ reportUses: makeUses(parts, onRedis), roles, inTurn, log }),
      deliveriesRoute({ deliveries: onRedis.eventDeliveries, queues, roles, now: Date.now }),
      admissionRoute({ admit: makeAdmission(parts, onRedis), registryOf }),
      tokensRoute({ tokens: named, registries: registries.map(({ name }) => name), audit, roles }),
      whoamiRoute({ roles }),
      catalogueRoute({
        ...{ index, standings, inTurn, isPublic: config.login.public },
        registries: registries.map(({ name }) => name),
        usagesOf: (ids) => usagesOf({ redis, prefix }, ids),
      }),
      ...loginRoutes(roles),
      schemaRoute,
      doctorRoute({ diagnose: makeDiagnose(parts, onRedis, refusals), roles }),
      namesRoute({ config, roles }),
      health(parts, onRedis, observers),
    ],
  })
  noteTls(app.server, refusals)
  return app
}
