import { Type } from 'typebox'
import { JobAsked } from '../../queue/job-status.ts'
import { SnapshotInfo } from '../../snapshot/snapshot-key.ts'
import { RestoreResult, WriteResult } from '../../snapshot/snapshot-result.ts'
import type { AddCommand } from '../cli.ts'
import { followJob } from '../follow-job.ts'
import { addGroup } from '../group.ts'
import { sizeCell, table } from '../table.ts'

const Snapshots = Type.Object({ snapshots: Type.Array(SnapshotInfo) })
const RestoreAsked = Type.Intersect([JobAsked, Type.Object({ key: Type.String() })])

export const addSnapshot: AddCommand = (program, cli) => {
  const snapshot = addGroup(program, 'snapshot').description(
    'List, write and restore snapshots of the index.',
  )

  snapshot
    .command('list')
    .description('List the snapshots, newest first.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/snapshots', Snapshots)
      if (answer.snapshots.length === 0) cli.note('no snapshot yet: tallyman snapshot write')
      cli.show(answer, formatList(answer.snapshots))
    })

  snapshot
    .command('write')
    .description('Write a snapshot now.')
    .action(async () => {
      const service = await cli.service()
      const asked = await service.post('/v1/snapshots', {}, JobAsked)
      const result = await followJob(service, cli, asked, WriteResult)
      for (const key of result.deleted) cli.note(`deleted ${key}`)
      cli.show(result, [formatWritten(result)])
    })

  snapshot
    .command('restore')
    .description('Restore a snapshot into an empty index.')
    .argument('[KEY]', 'the key of a snapshot; the newest if left out')
    .action(async (key: string | undefined) => {
      const service = await cli.service()
      const body = key === undefined ? {} : { key }
      const asked = await service.post('/v1/snapshots/restore', body, RestoreAsked)
      cli.note(`restoring ${asked.key}`)
      const result = await followJob(service, cli, asked, RestoreResult)
      cli.show(result, formatRestored(result))
    })
}

const formatList = (snapshots: readonly SnapshotInfo[]): string[] =>
  table(
    ['CREATED', 'SIZE', 'KEY'],
    snapshots.map(({ createdAt, size, key }) => [createdAt, sizeCell(size), key]),
  )

const formatWritten = ({ key, projects, facts }: WriteResult): string =>
  key === null
    ? 'the index is empty: no snapshot was written'
    : `${key}: projects ${projects}, facts ${facts}`

function formatRestored({ key, projects, facts, reconciling, skipped }: RestoreResult): string[] {
  const lines = [`${key}: projects ${projects}, facts ${facts}`]
  if (reconciling.length > 0) lines.push(`now being reconciled: ${reconciling.join(', ')}`)
  if (skipped.length > 0) lines.push(`left out, since they are not configured: ${skipped.join(', ')}`)
  return lines
}
