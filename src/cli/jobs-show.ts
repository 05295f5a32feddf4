import { Type } from 'typebox'
import { JobStatus } from '../queue/job-status.ts'
import type { Command } from './command.ts'
import { queuePath } from './which-jobs.ts'

const Job = Type.Object({ ...JobStatus.properties, data: Type.Unknown() })

export const jobsShow: Command = {
  words: 'jobs show',
  args: ['QUEUE', 'ID'],
  flags: [],
  summary: 'how far a job is, why its last attempt failed, and what it is to do',
  async run({ service, args: [queue, id = ''], say }) {
    const path = queuePath(queue)
    const { get } = await service()
    say(JSON.stringify(await get(`${path}/${encodeURIComponent(id)}`, Job), null, 2))
  },
}
