import { setTimeout as sleep } from 'node:timers/promises'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { type JobAsked, JobStatus } from '../queue/job-status.ts'
import type { Call } from './command.ts'
import { CommandError } from './command-error.ts'

/** How often a job is asked about, in ms. */
const ASK_MS = 300
/** How long a job may wait for a worker before it is said that there may be none, in ms. */
const WAIT_MS = 5_000

/**
 * Follows a job to its end, telling what changes on the way, and gives what it left behind.
 * @throws CommandError with its reason where it failed for good.
 */
export async function followJob<S extends TSchema>(
  { service, note }: Pick<Call, 'service' | 'note'>,
  { job }: JobAsked,
  result: S,
): Promise<Static<S>> {
  const { get } = await service()
  const path = `/v1/jobs/${encodeURIComponent(job.queue)}/${encodeURIComponent(job.id)}`
  note(`job ${job.id} of queue ${job.queue}; it goes on if this command is stopped`)
  const said = new Set<string>()
  const tell = (line: string) => {
    if (!said.has(line)) note(line)
    said.add(line)
  }
  for (const begun = Date.now(); ; await sleep(ASK_MS)) {
    const { state, progress, failedReason, attempts, result: left } = await get(path, JobStatus)
    if (state === 'completed') {
      if (Value.Check(result, left)) return left
      throw new CommandError('done, but it left nothing behind that this version of tallyman knows')
    }
    if (state === 'failed') throw new CommandError(`failed: ${failedReason ?? 'no reason given'}`)
    if (typeof progress === 'object' && progress !== null) tell(progressText(progress))
    if (state === 'delayed' && failedReason !== null)
      tell(`attempt ${attempts} failed, another follows: ${failedReason}`)
    if (state === 'waiting' && Date.now() - begun > WAIT_MS)
      tell(`still waiting: another job of the queue runs, or no worker of ${job.queue} does`)
  }
}

/** `{ projects: 3, of: 12 }` as `projects 3, of 12`. */
const progressText = (progress: object): string =>
  Object.entries(progress)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
