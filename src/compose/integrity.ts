import { setTimeout as sleep } from 'node:timers/promises'
import { integrityWorker } from '../../workers/integrity.ts'
import { makeTrashReader } from '../expiry/trash-reader.ts'
import { makeBlobChecks } from '../integrity/blob-checks.ts'
import { makeFindCopies } from '../integrity/find-copies.ts'
import { makeRecheck } from '../integrity/recheck.ts'
import { makeRepair } from '../integrity/repair.ts'
import type { RepairResult } from '../integrity/repair-result.ts'
import { scheduleScrubs } from '../integrity/schedule-scrubs.ts'
import { makeScrub, type ScrubTarget } from '../integrity/scrub.ts'
import { makeScrubOrder } from '../integrity/scrub-order.ts'
import { makeWatchBroken } from '../integrity/watch-broken.ts'
import type { RepairJob } from '../queue/jobs.ts'
import { compareRepositories } from '../reconcile/repository-order.ts'
import { projectId } from '../usage/project.ts'
import { collectionRunsOf } from './collection-runs.ts'
import type { OnRedis, Parts } from './parts.ts'
import { registryClient } from './registry-client.ts'
import type { WorkerParts } from './worker-parts.ts'

const projectIdsOf =
  ({ projectOf }: Pick<Parts, 'projectOf'>) =>
  ({ registry, repository }: { registry: string; repository: string }) =>
    projectId(registry, projectOf(registry, repository))

/** Makes what keeps the records of broken images, and tells of them. */
export function watchBrokenOf(parts: Parts & OnRedis) {
  const { registries, ledger, settings } = parts
  return makeWatchBroken({
    records: parts.brokenRecords,
    noteBroken: ledger.noteBroken,
    projectIdOf: projectIdsOf(parts),
    /** A rule that copies a part of an index leaves sparse ones at its target. */
    mayBeSparse: (name) =>
      registries.some((registry) => registry.name === name && registry.sparse) ||
      settings().config.promotion.rules.some(
        ({ to, platforms, sparse }) =>
          to.registry === name && (platforms !== undefined || sparse === 'allow'),
      ),
    findCopies: findCopiesOf(parts),
    announce: parts.announce,
    now: Date.now,
  })
}

/** What reads entries of the trash; `undefined` also for one that cannot be read. */
function trashedOf({ store, log }: Pick<Parts, 'store' | 'log'>) {
  const trash = makeTrashReader({
    store,
    onUnreadable: (key, error) => log.warn({ key, err: error }, 'unreadable entry of the trash'),
  })
  return (image: { registry: string; repository: string; digest: string }) =>
    trash.get(image).catch(() => undefined)
}

const findCopiesOf = (parts: Parts & Pick<OnRedis, 'index'>) =>
  makeFindCopies({
    isTrashed: async (image) => (await trashedOf(parts)(image)) !== undefined,
    clientOf: parts.clientOf,
    // A cache fetches what it is asked for from its upstream.
    registries: parts.registries.filter(({ type }) => type !== 'cache').map(({ name }) => name),
    repositoriesWith: parts.index.repositoriesWith,
    promotedTo: (image) => parts.match(image).map(({ to }) => to),
  })

/** Makes what begins a run's look at the blobs of a registry that is read over the API. */
export const blobChecksOf = (
  { name, blobChecks }: Parts['registries'][number],
  { brokenRecords }: Pick<OnRedis, 'brokenRecords'>,
) =>
  blobChecks.perReconcile === 0
    ? undefined
    : async () => {
        const checks = makeBlobChecks({
          ...{ budget: blobChecks.perReconcile, perSecond: blobChecks.perSecond },
          from: await brokenRecords.next(name),
          ...{ compare: compareRepositories, now: Date.now, sleep },
        })
        return { ...checks, end: () => brokenRecords.setNext(name, checks.next()) }
      }

/** Schedules the scrubs of the registries that are scrubbed. */
export async function prepareIntegrity({ queues, registries }: WorkerParts): Promise<void> {
  await scheduleScrubs(
    queues,
    registries.filter(({ scrub }) => scrub !== undefined).map(({ name }) => name),
  )
}

/** Starts the worker that repairs broken images, and scrubs registries. */
export function startIntegrity(parts: WorkerParts) {
  const { clientOf, index, log, brokenRecords, queues } = parts
  const watch = watchBrokenOf(parts)
  const stopping = new AbortController()
  parts.onClose(async () => stopping.abort())
  const trashed = trashedOf(parts)
  const targets = scrubTargetsOf(parts)
  const scrub = makeScrub({
    ...{ watch, log, records: brokenRecords, state: parts.scrubState, now: Date.now },
    targetOf: (registry) => targets.get(registry),
    images: makeScrubOrder({ index, projectIdOf: projectIdsOf(parts) }),
    onRead: (registry, bytes) => parts.metrics.scrubbedBytes.inc({ registry }, bytes),
    stopped: stopping.signal,
  })
  const repair = makeRepair({
    ...{ clientOf, find: brokenRecords.find, findCopies: findCopiesOf(parts) },
    mountFrom: (registry) => (digest) => index.repositoriesWith(registry, digest),
    async trashed(image) {
      const entry = await trashed(image)
      if (entry === undefined) return undefined
      return {
        bytes: Buffer.from(entry.manifest, 'base64'),
        descriptor: { mediaType: entry.mediaType },
      }
    },
    onRepaired: makeRecheck({ clientOf, records: brokenRecords, watch, now: Date.now }),
  })
  /** One scrub of a registry runs at a time, in all processes together: the first of the active ones. */
  async function isTurn(registry: string, id: string | undefined): Promise<boolean> {
    const active = await queues.integrity.getJobs(['active'], 0, -1, true)
    const first = active.find((one) => one?.data.kind === 'scrub' && one.data.registry === registry)
    return first === undefined || first.id === id
  }
  const { audit } = parts.journals.audit
  const collections = collectionRunsOf(parts)
  return integrityWorker(
    parts.context,
    {
      ...{ repair, scrub, isTurn },
      isHeld: async (registry) => (await collections.holderOf(registry)) !== undefined,
      async onRepaired(job, result) {
        if (!job.dryRun) await audit(repairEntry(job, result, projectIdsOf(parts)(job)))
      },
    },
    targets.size,
  )
}

/** How each registry is scrubbed that is to be. */
function scrubTargetsOf({ registries, clientOf, onClose }: WorkerParts): Map<string, ScrubTarget> {
  return new Map(
    registries.flatMap((registry): [string, ScrubTarget][] => {
      const { name, url, scrub } = registry
      if (scrub === undefined) return []
      const own = { client: clientOf(name), url }
      if (scrub.url === undefined || scrub.url === url) return [[name, { ...scrub, own, consumer: own }]]
      const client = registryClient({ ...registry, url: scrub.url })
      onClose(client.close)
      return [[name, { ...scrub, own, consumer: { client, url: scrub.url } }]]
    }),
  )
}

function repairEntry(
  { by, registry }: RepairJob,
  { image, isWhole, contents }: RepairResult,
  project: string,
) {
  const failed = contents.filter(({ outcome }) => outcome === 'failed')
  return {
    ...{ by, action: 'repair.ended', registry, project, image, outcome: isWhole ? 'whole' : 'broken' },
    counts: { repaired: contents.length - failed.length, failed: failed.length },
  }
}
