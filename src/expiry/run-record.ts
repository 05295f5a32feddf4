import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { formatSize } from '../platform/units.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Decision, Deleted, ExpiryRun, Progress, RunState } from './decision.ts'
import { isGone } from './expire-repository.ts'
import { addNoticed } from './notice-lots.ts'
import type { ProjectNotices } from './notices.ts'
import type { ExpiryRuns } from './runs.ts'
import type { Trash } from './trash.ts'

/** How often the record of a run is stored while it deletes, in ms. */
const SAVE_MS = 5_000

/**
 * Opens the record of a run, which grows as the run does: results are logged, counted, and stored from time to time. If the
 * job had an earlier attempt, its record goes on.
 */
export async function openRunRecord(
  deps: {
    runs: Pick<ExpiryRuns, 'append' | 'earlier' | 'get'>
    metrics: Metrics
    log: Logger
    onProgress: (progress: Progress) => Promise<unknown>
  },
  run: Omit<ExpiryRun, 'kept' | 'deletes' | 'state' | 'progress'>,
) {
  const isAgain = (await deps.runs.get(run.id)) !== undefined
  const earlier = isAgain && !run.dryRun ? (await deps.runs.earlier(run.id)).filter(isDone) : []
  const record: ExpiryRun = {
    ...run,
    state: 'running',
    kept: 0,
    progress: { planned: 0, plannedBytes: 0, done: 0, freedBytes: 0 },
    deletes: [],
  }
  const recorded = new Set<string>()
  earlier.forEach(append)
  let savedAt = performance.now()
  /** Deletes that are stored. Those of an earlier attempt are written anew, without the ones that were not deleted. */
  let stored = 0
  let saving: Promise<void> = Promise.resolve()
  await save()

  function append(deleted: Deleted): void {
    const { progress } = record
    record.deletes.push(deleted)
    recorded.add(nameOf(deleted))
    progress.done += 1
    progress.planned = Math.max(progress.planned, progress.done)
    if (deleted.outcome === 'deleted') progress.freedBytes += deleted.bytes ?? 0
  }

  /** One after the other: an older record must not replace a newer one. */
  function save(): Promise<void> {
    const next = async () => {
      const count = record.deletes.length
      await deps.runs.append(record, stored)
      stored = count
    }
    saving = saving.then(next, next)
    return saving
  }

  /** `bytes`: what the delete frees. */
  async function add(result: Deleted, bytes: number): Promise<void> {
    // It was deleted before, and the index has not heard of that.
    if (result.outcome === 'absent' && recorded.has(nameOf(result))) return
    const deleted = { ...result, bytes }
    append(deleted)
    const { outcome } = deleted
    if (outcome !== 'planned') {
      deps.metrics.expired.inc({ policy: run.policy, outcome })
      if (outcome === 'deleted') deps.metrics.freedBytes.inc({ policy: run.policy }, bytes)
      logResult(deleted, bytes)
    }
    await deps.onProgress(record.progress)
    if (run.dryRun || performance.now() - savedAt < SAVE_MS) return
    savedAt = performance.now()
    await save()
  }

  function logResult(deleted: Deleted, bytes: number): void {
    const { policy, registry } = run
    const { repository, digest, tags, reason, outcome, why } = deleted
    const what = `${registry}/${repository}@${digest} (${tags.join(', ') || 'no tag'})`
    const fields = { policy, registry, repository, digest, tags, bytes, reason, outcome, why }
    if (outcome === 'untagged')
      deps.log.info(fields, `deleted only the tag ${deleted.untag?.join(', ')}: ${what}: ${reason}`)
    else if (outcome === 'deleted')
      deps.log.info(fields, `deleted: ${what}, ${formatSize(bytes)}: ${reason}; its manifest is in the trash`)
    else if (outcome === 'absent') deps.log.info(fields, `was already gone: ${what}: ${reason}`)
    else deps.log.warn(fields, `not deleted, ${outcome}: ${what}: ${why}`)
  }

  return {
    record,
    add,

    /** Notes how many images and single tags the run is going to delete, beside what an earlier attempt has deleted. */
    async plan(count: number, bytes: number): Promise<void> {
      record.progress.planned = record.progress.done + count
      record.progress.plannedBytes = record.progress.freedBytes + bytes
      await deps.onProgress(record.progress)
      await save()
    },

    /** Notes what does not go now in a project. */
    addNoticed({ announced, waiting }: ProjectNotices): void {
      const sums = {
        announced: addNoticed(record.announced, announced),
        waiting: addNoticed(record.waiting, waiting),
      }
      if (sums.announced !== undefined) record.announced = sums.announced
      if (sums.waiting !== undefined) record.waiting = sums.waiting
    },

    /** Adds what an attempt has deleted that was killed, or got no answer: the trash knows what that may be. */
    async addEarlier(trash: Trash, client: Pick<RegistryClient, 'headManifest'>): Promise<void> {
      if (!isAgain || run.dryRun) return
      for await (const decision of trash.ofRun(run.registry, run.id, run.at)) {
        const { tag, ...image } = decision
        const earlier = { ...image, ...(tag !== undefined && { untag: [tag] }) }
        if (recorded.has(nameOf(earlier))) continue
        if ((await client.headManifest(image.repository, tag ?? image.digest)) !== undefined) continue
        const outcome = tag === undefined ? 'deleted' : 'untagged'
        await add({ ...earlier, outcome, why: 'an earlier attempt of the run did it' }, 0)
      }
    },

    /** Stores the end of the run, or of this attempt. `why`: it has not come to its end. */
    end(state: RunState, why?: string): Promise<void> {
      record.state = state
      if (why !== undefined) record.stopped = why
      return save()
    },
  }
}

const isDone = (one: Deleted): boolean => isGone(one) || one.outcome === 'untagged'

/** Of a tag that goes alone, the name has the tag. */
const nameOf = ({ repository, digest, untag = [] }: Decision): string =>
  `${[repository, ...untag].join(':')}@${digest}`

export type OpenRun = Awaited<ReturnType<typeof openRunRecord>>
