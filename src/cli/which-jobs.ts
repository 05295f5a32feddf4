import { QUEUE_NAMES } from '../queue/jobs.ts'
import type { Call } from './command.ts'
import { CommandError } from './command-error.ts'

/**
 * The path of a queue's jobs.
 * @throws CommandError where there is no such queue.
 */
export function queuePath(queue: string | undefined): string {
  if (!QUEUE_NAMES.some((name) => name === queue))
    throw new CommandError(`expected QUEUE to be one of ${QUEUE_NAMES.join(', ')}, got "${queue}"`, 2)
  return `/v1/jobs/${queue}`
}

/**
 * The path of the failed job that is meant, or of all of the queue's where that is said.
 * @throws CommandError unless exactly one of these is said.
 */
export function whichJobs({ args: [queue, id], flags }: Pick<Call, 'args' | 'flags'>): string {
  const path = queuePath(queue)
  if ((id === undefined) !== flags.has('all')) throw new CommandError('expected one of: ID, --all', 2)
  return `${path}/${id === undefined ? 'failed' : encodeURIComponent(id)}`
}
