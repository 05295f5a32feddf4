import { Type } from 'typebox'
import type { Command } from './command.ts'
import { CommandError } from './command-error.ts'
import { whichJobs } from './which-jobs.ts'

const Discarded = Type.Object({ discarded: Type.Integer() })

export const jobsDiscard: Command = {
  words: 'jobs discard',
  args: ['QUEUE', '[ID]'],
  flags: ['all', 'lose-events'],
  summary: 'discard a failed job of a queue, or all of them',
  async run(call) {
    const path = whichJobs(call)
    const [queue] = call.args
    const losesEvents = call.flags.has('lose-events')
    if (queue === 'events' && !losesEvents)
      throw new CommandError(
        'jobs of the queue events hold events that were acknowledged to a registry: retry them (tallyman jobs retry events), or say --lose-events',
      )
    const service = await call.service()
    const { discarded } = await service.delete(`${path}${losesEvents ? '?loseEvents=true' : ''}`, Discarded)
    call.say(`discarded: ${discarded}`)
  },
}
