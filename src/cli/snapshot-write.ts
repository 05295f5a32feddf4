import { JobAsked } from '../queue/job-status.ts'
import { WriteResult } from '../snapshot/snapshot-result.ts'
import type { Command } from './command.ts'
import { followJob } from './follow-job.ts'

export const snapshotWrite: Command = {
  words: 'snapshot write',
  args: [],
  flags: [],
  summary: 'write a snapshot of the index now',
  async run(call) {
    const { post } = await call.service()
    const asked = await post('/v1/snapshots', {}, JobAsked)
    const { key, projects, facts, deleted } = await followJob(call, asked, WriteResult)
    for (const old of deleted) call.note(`deleted ${old}`)
    if (key === null) call.say('the index is empty: no snapshot was written')
    else call.say(`${key}: projects ${projects}, facts ${facts}`)
  },
}
