import { checkData } from '../doctor/check-data.ts'
import { checkHolds } from '../doctor/check-holds.ts'
import { checkRedis } from '../doctor/check-redis.ts'
import { checkIndex, checkProcesses, checkQuarantine, checkQueues } from '../doctor/check-service.ts'
import { deliveryFindings } from '../doctor/delivery-findings.ts'
import type { Check, Finding } from '../doctor/finding.ts'
import { intakeFindings, refusalFindings } from '../doctor/intake-findings.ts'
import { runChecks } from '../doctor/run-checks.ts'
import type { Refusals } from '../events/refusals.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import { shareFor } from '../platform/share-for.ts'
import type { IndexStatus } from '../reconcile/ledger.ts'
import { collectionRunsOf } from './collection-runs.ts'
import { configChecks } from './doctor.ts'
import type { Parts } from './parts.ts'

type OnRedis = Awaited<ReturnType<Parts['onRedis']>>

/** For how long findings are given again, in ms: each run asks every registry and channel. */
const FRESH_MS = 10_000

const DAY_US = 86_400_000_000

/** Makes what looks at all that the configuration names, from this process, and at what only a running service knows. */
export function makeDiagnose(parts: Parts, onRedis: OnRedis, refusals: Refusals): () => Promise<Finding[]> {
  return shareFor(FRESH_MS, async () => {
    // A connection that an outage broke must not be used again.
    const dispatcher = makeDispatcher({ proxy: parts.config.proxy })
    const checks = [
      checkRedis({ where: parts.redisPlace, use: (act) => act(onRedis.redis), now: Date.now }),
      ...configChecks(parts.settings().config, dispatcher),
      ...stateChecks(parts, onRedis, refusals),
    ]
    return runChecks(checks).finally(() => dispatcher.destroy())
  })
}

function stateChecks(parts: Parts, onRedis: OnRedis, refusals: Refusals): Check[] {
  const { config, registries } = parts
  const {
    queues,
    quarantine,
    ledger,
    instances,
    pulls,
    referencesTold,
    peers,
    audits,
    storeWatch,
    lostData,
  } = onRedis
  const sources = registries.filter(({ token }) => token !== undefined)
  const endpoint = `${config.server.publicUrl ?? `http://<this host>:${config.server.port}`}/v1/events`
  const intakeOf = async (registry: string) => ({
    ...{ registry, endpoint, refused: refusals.of(registry) },
    lastEventAt: await instances.lastEventAt(registry),
    instances: await instances.count(registry, Date.now() * 1000 - DAY_US),
    pulls: await pulls.of(registry),
    tellsReferences: await referencesTold.of(registry),
    reconcile: readingOf(await ledger.status(registry)),
  })
  return [
    ...sources.map(({ name }) => ({
      name: `events of ${name}`,
      run: async () => intakeFindings(await intakeOf(name), Date.now()),
    })),
    {
      name: 'deliveries of strangers',
      run: async () => refusalFindings('deliveries of strangers', refusals.of(undefined), Date.now()),
    },
    ...sources
      .filter(({ metrics }) => metrics)
      .map(({ name }) => ({
        name: `deliveries of ${name}`,
        run: async () => deliveryFindings(name, await audits.state(name), Date.now() * 1_000),
      })),
    ...sources.map(({ name }) => checkIndex(name, ledger.status)),
    checkHolds({
      ...{ runs: collectionRunsOf(parts), now: Date.now },
      maxPauseOf: (name) => registries.find((one) => one.name === name)?.gc.maxPause,
    }),
    checkQueues({ queues, now: Date.now }),
    checkQuarantine(quarantine),
    checkData({ lostData, storeDoubt: storeWatch.doubt }),
    checkProcesses({ processes: peers.names, strangers: peers.strangers }),
  ]
}

/** What the last reconcile found, if it has read the registry. */
const readingOf = ({ lastReport }: IndexStatus) =>
  lastReport === undefined || lastReport.method === 'events'
    ? undefined
    : { readAt: Date.parse(lastReport.readAt), drift: lastReport.drift }
