import { Type } from 'typebox'
import type { Command } from './command.ts'
import { table } from './table.ts'
import { queuePath } from './which-jobs.ts'

/** Of what the API says of a failed job, what is shown. */
const Failed = Type.Object({
  total: Type.Integer(),
  jobs: Type.Array(
    Type.Object({
      id: Type.String(),
      attempts: Type.Integer(),
      failedReason: Type.String(),
      failedAt: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})

export const jobsFailed: Command = {
  words: 'jobs failed',
  args: ['QUEUE'],
  flags: [],
  summary: 'the jobs of a queue that were given up, newest first, and why',
  async run({ service, args: [queue], say, note }) {
    const path = queuePath(queue)
    const { get } = await service()
    const { total, jobs } = await get(`${path}/failed`, Failed)
    note(`shown ${jobs.length}, failed ${total}`)
    if (jobs.length === 0) return
    const rows = jobs.map(({ id, attempts, failedReason, failedAt }) => [
      ...[id, attempts, failedAt ?? '', firstLine(failedReason)],
    ])
    for (const line of table(['ID', 'ATTEMPTS', 'GIVEN UP', 'REASON'], rows)) say(line)
  },
}

const firstLine = (text: string): string => text.split('\n')[0] ?? ''
