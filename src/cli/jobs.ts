import { Type } from 'typebox'
import type { Command } from './command.ts'
import { table } from './table.ts'

const Queues = Type.Object({
  queues: Type.Array(
    Type.Object({
      queue: Type.String(),
      ...{ waiting: Type.Integer(), active: Type.Integer(), delayed: Type.Integer(), failed: Type.Integer() },
    }),
  ),
})

export const jobs: Command = {
  words: 'jobs',
  args: [],
  flags: [],
  summary: 'how many jobs each queue has, by state',
  async run({ service, say }) {
    const { get } = await service()
    const rows = (await get('/v1/jobs', Queues)).queues.map(({ queue, waiting, active, delayed, failed }) => [
      ...[queue, waiting, active, delayed, failed],
    ])
    for (const line of table(['QUEUE', 'WAITING', 'ACTIVE', 'DELAYED', 'FAILED'], rows)) say(line)
  },
}
