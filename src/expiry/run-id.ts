import { jobId } from '../queue/job-id.ts'

/** Names a run. */
export interface RunIdentity {
  /** It tells `at`, so that the record of a run can be found by its id. */
  id: string
  /** When the run was asked for, or was due, RFC 3339. */
  at: string
}

/** The run that has this time, in epoch ms, and this key. */
export function runIdentity(atMs: number, key: string): RunIdentity {
  const at = new Date(atMs).toISOString()
  return { id: `${at.replace(/[-:.]/g, '')}-${jobId(key).slice(1, 9)}`, at }
}

/** The run of a job. All attempts of the job are one run. */
export const runOf = (job: {
  id?: string | undefined
  timestamp: number
  opts: { delay?: number | undefined }
}): RunIdentity => runIdentity(job.timestamp + (job.opts.delay ?? 0), job.id ?? '')

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}$/

/** The run with this id; `undefined` if no run can have it. */
export function identityIn(id: string): RunIdentity | undefined {
  const at = id.replace(ID, '$1-$2-$3T$4:$5:$6.$7Z')
  return at !== id && !Number.isNaN(Date.parse(at)) ? { id, at } : undefined
}
