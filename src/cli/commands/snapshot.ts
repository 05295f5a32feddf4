import type { Command } from 'commander'
import { Type } from 'typebox'
import { JobAsked } from '../../queue/job-status.ts'
import { SnapshotInfo } from '../../snapshot/snapshot-key.ts'
import { RestoreResult, WriteResult } from '../../snapshot/snapshot-result.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { confirm, withYes } from '../confirm.ts'
import { withColumns } from '../described.ts'
import { EXIT } from '../exit-statuses.ts'
import { followJob } from '../follow-job.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import type { Service } from '../service.ts'
import { sizeCell, table } from '../table.ts'

const Snapshots = Type.Object({ snapshots: Type.Array(SnapshotInfo) })
const RestoreAsked = Type.Intersect([JobAsked, Type.Object({ key: Type.String() })])

const COLUMNS = columns<SnapshotInfo>('createdAt', 'size', 'key')
const WRITTEN_COLUMNS = columns<WriteResult>('key', 'projects', 'facts', 'deleted')
const RESTORED_COLUMNS = columns<RestoreResult>('key', 'projects', 'facts', 'reconciling', 'skipped')

export const addSnapshot: AddCommand = (program, cli) => {
  const snapshot = addGroup(program, 'snapshot').description(
    'List, write and restore snapshots of the index.',
  )

  withColumns(snapshot.command('list'), COLUMNS)
    .description('List the snapshots, newest first.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/snapshots', Snapshots)
      if (answer.snapshots.length === 0) cli.note('no snapshot yet: tallyman snapshot write')
      const { snapshots } = answer
      await cli.show({ value: answer, rows: snapshots, columns: COLUMNS, lines: formatList(snapshots) })
    })

  withColumns(snapshot.command('write'), WRITTEN_COLUMNS)
    .description('Write a snapshot now.')
    .action(async () => {
      const service = await cli.service()
      const asked = await service.post('/v1/snapshots', {}, JobAsked)
      const result = await followJob(service, cli, asked, WriteResult)
      for (const key of result.deleted) cli.note(`deleted ${key}`)
      await cli.show({ value: result, columns: WRITTEN_COLUMNS, lines: [formatWritten(result)] })
    })

  const restore = withYes(snapshot.command('restore'))
  withColumns(restore, RESTORED_COLUMNS)
  withColumns(restore, COLUMNS, 'with --dry-run')
  restore
    .description('Restore a snapshot into an empty index.')
    .argument('[KEY]', 'the key of a snapshot; the newest if left out')
    .option('--dry-run', 'only tell which snapshot this is')
    .action(async (key: string | undefined, { dryRun }: { dryRun?: true }, command: Command) => {
      const service = await cli.service()
      if (dryRun) return showChosen(cli, service, key)
      await confirm(
        cli,
        command,
        `restore ${key ?? 'the newest snapshot'} into the index, which must be empty`,
      )
      const body = key === undefined ? {} : { key }
      const asked = await service.post('/v1/snapshots/restore', body, RestoreAsked)
      cli.note(`restoring ${asked.key}`)
      const result = await followJob(service, cli, asked, RestoreResult)
      await cli.show({ value: result, columns: RESTORED_COLUMNS, lines: formatRestored(result) })
    })
}

/** Shows the snapshot with this key, or the newest. */
async function showChosen(cli: Cli, service: Service, key: string | undefined): Promise<void> {
  const { snapshots } = await service.get('/v1/snapshots', Snapshots)
  const chosen = snapshots.find((one) => one.key === (key ?? one.key))
  if (chosen === undefined)
    throw new CommandError(key === undefined ? 'there is no snapshot' : `there is no snapshot ${key}`).as(
      EXIT.notFound,
    )
  await cli.show({ value: chosen, columns: COLUMNS, lines: formatList([chosen]) })
  cli.note('nothing was restored: this was a dry run')
}

const formatList = (snapshots: readonly SnapshotInfo[]) =>
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
