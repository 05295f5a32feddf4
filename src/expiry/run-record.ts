import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { formatSize } from '../platform/units.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Decision, Deleted, ExpiryRun } from './decision.ts'
import { isGone } from './expire-repository.ts'
import type { ExpiryRuns } from './runs.ts'
import type { Trash } from './trash.ts'

/** How often the record of a run is stored while it deletes, in ms. */
const SAVE_MS = 5_000

/**
 * Opens the record of a run, which grows as the run does: results are logged, counted, and stored from time to time. If the
 * job had an earlier attempt, its record goes on.
 */
export async function openRunRecord(
  deps: { runs: Pick<ExpiryRuns, 'append' | 'earlier'>; metrics: Metrics; log: Logger },
  run: Omit<ExpiryRun, 'kept' | 'deletes'>,
) {
  const record: ExpiryRun = { ...run, kept: 0, deletes: (await deps.runs.earlier(run.id)).filter(isDone) }
  const recorded = new Set(record.deletes.map(nameOf))
  let savedAt = performance.now()

  /** `bytes`: the size of the image. */
  async function add(deleted: Deleted, bytes: number): Promise<void> {
    // It was deleted before, and the index has not heard of that.
    if (deleted.outcome === 'absent' && recorded.has(nameOf(deleted))) return
    record.deletes.push(deleted)
    recorded.add(nameOf(deleted))
    if (deleted.outcome === 'deleted') deps.metrics.expired.inc({ policy: run.policy })
    if (deleted.outcome !== 'planned') logResult(deleted, bytes)
    if (run.dryRun || performance.now() - savedAt < SAVE_MS) return
    savedAt = performance.now()
    await deps.runs.append({ ...record, stopped: 'it is not finished' })
  }

  function logResult(deleted: Deleted, bytes: number): void {
    const { policy, registry } = run
    const { repository, digest, tags, reason, outcome, why } = deleted
    const what = `${registry}/${repository}@${digest} (${tags.join(', ') || 'no tag'}), ${formatSize(bytes)}`
    const fields = { policy, registry, repository, digest, tags, bytes, reason, outcome, why }
    if (outcome === 'untagged')
      deps.log.info(fields, `deleted only the tag ${deleted.untag?.join(', ')}: ${what}: ${reason}`)
    else if (outcome === 'deleted')
      deps.log.info(fields, `deleted: ${what}: ${reason}; its manifest is in the trash`)
    else if (outcome === 'absent') deps.log.info(fields, `was already gone: ${what}: ${reason}`)
    else deps.log.warn(fields, `not deleted, ${outcome}: ${what}: ${why}`)
  }

  return {
    record,
    add,

    /** Adds what an attempt has deleted that was killed, or got no answer: the trash knows what that may be. */
    async addEarlier(trash: Trash, client: Pick<RegistryClient, 'headManifest'>): Promise<void> {
      for await (const decision of trash.ofRun(run.registry, run.id, run.at)) {
        const { tag, ...image } = decision
        const earlier = { ...image, ...(tag !== undefined && { untag: [tag] }) }
        if (recorded.has(nameOf(earlier))) continue
        if ((await client.headManifest(image.repository, tag ?? image.digest)) !== undefined) continue
        const outcome = tag === undefined ? 'deleted' : 'untagged'
        await add({ ...earlier, outcome, why: 'an earlier attempt of the run did it' }, 0)
      }
    },

    finish: (): Promise<void> => deps.runs.append(record),
    stop: (why: string): Promise<void> => deps.runs.append({ ...record, stopped: why }),
  }
}

const isDone = (one: Deleted): boolean => isGone(one) || one.outcome === 'untagged'

/** Of a tag that goes alone, the name has the tag. */
const nameOf = ({ repository, digest, untag = [] }: Decision): string =>
  `${[repository, ...untag].join(':')}@${digest}`
