import { Type } from 'typebox'
import type { Command } from './command.ts'
import { whichJobs } from './which-jobs.ts'

const Retried = Type.Union([Type.Object({ id: Type.String() }), Type.Object({ retried: Type.Integer() })])

export const jobsRetry: Command = {
  words: 'jobs retry',
  args: ['QUEUE', '[ID]'],
  flags: ['all'],
  summary: 'try a failed job of a queue, or all of them, again',
  async run(call) {
    const path = whichJobs(call)
    const { post } = await call.service()
    const answer = await post(`${path}/retry`, {}, Retried)
    call.say(`to be tried again: ${'retried' in answer ? answer.retried : 1}`)
  },
}
