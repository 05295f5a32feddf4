import { Type } from 'typebox'
import { formatSize } from '../platform/units.ts'
import { SnapshotInfo } from '../snapshot/snapshot-key.ts'
import type { Command } from './command.ts'
import { table } from './table.ts'

const Snapshots = Type.Object({ snapshots: Type.Array(SnapshotInfo) })

export const snapshotList: Command = {
  words: 'snapshot list',
  args: [],
  flags: [],
  summary: 'the snapshots of the index, newest first',
  async run({ service, say, note }) {
    const { get } = await service()
    const { snapshots } = await get('/v1/snapshots', Snapshots)
    if (snapshots.length === 0) return note('no snapshot yet: tallyman snapshot write')
    const rows = snapshots.map(({ key, size, createdAt }) => [createdAt, formatSize(size), key])
    for (const line of table(['CREATED', 'SIZE', 'KEY'], rows)) say(line)
  },
}
