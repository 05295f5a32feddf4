import { ErrorCode } from 'bullmq'
import type { CollectionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { CollectionRun } from './collection-run.ts'
import { type Asked, type CollectionRuns, newRun } from './runs.ts'

const UNFINISHED = ['active', 'waiting', 'prioritized', 'delayed'] as const

/** How many jobs are looked at. There are as many as registries, and those that people asked for. */
const MOST = 1_000

/** The jobs of collections that are in hand or wait; of a schedule, only one whose time has come. `now`: epoch ms. */
export async function unfinishedCollections(
  queues: Pick<Queues, 'collections'>,
  registry: string,
  now: number,
) {
  const jobs = await queues.collections.getJobs([...UNFINISHED], 0, MOST - 1)
  return jobs.filter(
    // A job may be done meanwhile.
    (job) => job !== undefined && job.data.registry === registry && askedAt(job) <= now,
  )
}

/** Asks for a collection. Its record is there at once; one that cannot be asked for has failed. `now`: epoch ms. */
export async function askCollection(
  deps: { queues: Pick<Queues, 'collections'>; runs: Pick<CollectionRuns, 'save'> },
  asked: Asked,
  now: number,
): Promise<CollectionRun> {
  const run = newRun(asked, now)
  await deps.runs.save(run)
  try {
    await deps.queues.collections.add('collections', { ...asked, id: run.id }, { jobId: run.id })
  } catch (error) {
    const why = `it could not be put into the queue: ${error instanceof Error ? error.message : error}`
    // The queue may have it all the same. What has ended is not begun.
    await deps.runs
      .save({ ...run, phase: 'ended', outcome: 'failed', error: why, endedAt: new Date(now).toISOString() })
      .catch(() => {})
    throw error
  }
  return run
}

/**
 * Stops the collections of a registry that are in hand or wait: the job of each says so, so that every process heeds it. One that
 * holds the registry lets writes in before it ends. What the schedule asks for later is not stopped. Gives their ids.
 */
export async function stopCollections(
  queues: Pick<Queues, 'collections'>,
  registry: string,
  by: string,
  now: number,
): Promise<string[]> {
  const stopped: string[] = []
  for (const job of await unfinishedCollections(queues, registry, now)) {
    if (job.data.stopped !== undefined) continue
    const data: CollectionJob = { ...job.data, stopped: { by, at: new Date(now).toISOString() } }
    const isThere = await job.updateData(data).then(
      () => true,
      (error) => {
        if (error.code === ErrorCode.JobNotExist) return false
        throw error
      },
    )
    if (isThere) stopped.push(collectionId(job))
  }
  return stopped
}

/** When a job's collection was asked for; that of a schedule, when it was due. epoch ms */
export const askedAt = ({ timestamp, opts }: { timestamp: number; opts: { delay?: number } }): number =>
  timestamp + (opts.delay ?? 0)

/** The id of the record of a job's collection, the same in each attempt. */
export const collectionId = (job: JobOf): string => job.data.id ?? `${askedAt(job)}-${hashOf(job.id ?? '')}`

interface JobOf {
  id?: string
  timestamp: number
  opts: { delay?: number }
  data: CollectionJob
}

/** FNV-1a, of 32 bits: the id of a job of a schedule is long, and has characters that no key has. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
