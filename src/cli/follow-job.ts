import { setTimeout as sleep } from 'node:timers/promises'
import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/schema'
import { type JobAsked, JobStatus } from '../queue/job-status.ts'
import type { Cli } from './cli.ts'
import { CommandError } from './command-error.ts'
import type { Service } from './service.ts'

/** Time between two questions, in ms. */
const ASK_MS = 300
/** How long a job may wait before the user is told that there may be no worker, in ms. */
const WAIT_MS = 5_000

/**
 * Waits for the end of a job, tells how far it is, and gives its result.
 * @throws CommandError with the job's reason when it failed for good.
 */
export async function followJob<S extends TSchema>(
  service: Service,
  { note, progress }: Pick<Cli, 'note' | 'progress'>,
  { job }: JobAsked,
  resultSchema: S,
  textOf: (progress: object) => string = progressText,
): Promise<Static<S>> {
  const path = `/v1/jobs/${encodeURIComponent(job.queue)}/${encodeURIComponent(job.id)}`
  note(`job ${job.id} of queue ${job.queue}; it goes on if this command is stopped`)
  const noted = new Set<string>()
  const noteOnce = (line: string) => {
    if (!noted.has(line)) note(line)
    noted.add(line)
  }
  for (const startedAt = Date.now(); ; await sleep(ASK_MS)) {
    const { state, progress: told, failedReason, attempts, result } = await service.get(path, JobStatus)
    if (state === 'completed') {
      if (Check(resultSchema, result)) return result
      throw new CommandError('the job is done, but this version of tallyman cannot read its result')
    }
    if (state === 'failed') throw new CommandError(`failed: ${failedReason ?? 'no reason given'}`)
    const hasBegun = typeof told === 'object'
    if (hasBegun && told !== null) progress.tell(textOf(told))
    if (state === 'delayed' && failedReason !== null)
      noteOnce(`attempt ${attempts} failed, another follows: ${failedReason}`)
    const isWaiting =
      ['waiting', 'prioritized'].includes(state) ||
      (state === 'delayed' && failedReason === null && !hasBegun)
    if (isWaiting && Date.now() - startedAt > WAIT_MS)
      noteOnce(`still waiting: the queue runs another job, or no worker of ${job.queue} is running`)
  }
}

/** `{ projects: 3, of: 12 }` as `projects 3, of 12`. */
const progressText = (progress: object): string =>
  Object.entries(progress)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
