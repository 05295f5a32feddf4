import { Type } from 'typebox'
import { JobAsked } from '../queue/job-status.ts'
import { RestoreResult } from '../snapshot/snapshot-result.ts'
import type { Command } from './command.ts'
import { followJob } from './follow-job.ts'

const Asked = Type.Intersect([JobAsked, Type.Object({ key: Type.String() })])

export const snapshotRestore: Command = {
  words: 'snapshot restore',
  args: ['[KEY]'],
  flags: [],
  summary: 'restore a snapshot, or the newest, into an empty index',
  async run(call) {
    const { post } = await call.service()
    const [key] = call.args
    const asked = await post('/v1/snapshots/restore', key === undefined ? {} : { key }, Asked)
    call.note(`restoring ${asked.key}`)
    const result = await followJob(call, asked, RestoreResult)
    call.say(`${result.key}: projects ${result.projects}, facts ${result.facts}`)
    if (result.reconciling.length > 0) call.say(`now being reconciled: ${result.reconciling.join(', ')}`)
    if (result.skipped.length > 0)
      call.say(`left out, since they are not configured: ${result.skipped.join(', ')}`)
  },
}
