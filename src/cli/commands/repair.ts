import { InvalidArgumentError } from 'commander'
import { parseImageName } from '../../expiry/image-name.ts'
import { RepairResult } from '../../integrity/repair-result.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { columns } from '../output/columns.ts'
import { sizeCell, table } from '../table.ts'

const COLUMNS = columns<RepairResult['contents'][number]>(
  ...(['digest', 'part', 'fault', 'size', 'from', 'outcome', 'reason'] as const),
)

export const addRepair: AddCommand = (program, cli) => {
  withColumns(program.command('repair'), COLUMNS)
    .summary('Put back what an image lacks.')
    .description(
      'Put back content of an image that is missing or wrong: from a good copy, by digest, into the same repository. What was put back is read back. The command fails if the image is not whole then.',
    )
    .argument('<IMAGE>', 'REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST', parseImage)
    .option(
      '--from <PLACE>',
      'where a good copy is, REGISTRY/REPOSITORY; if left out, the trash and the other registries are searched',
    )
    .option('--dry-run', 'tell what would be put back, and from where; write nothing')
    .action(async (image: string, { from, dryRun = false }: { from?: string; dryRun?: boolean }) => {
      const service = await cli.service()
      const body = { image, dryRun, ...(from !== undefined && { from }) }
      const asked = await service.post('/v1/broken-images/repair', body, JobAsked)
      const result = await followJob(service, cli, asked, RepairResult)
      const { contents, isWhole } = result
      await cli.show({ value: result, rows: contents, columns: COLUMNS, lines: tableOf(contents) })
      if (contents.length === 0) cli.note('nothing is missing at the registry itself')
      if (isWhole && !dryRun) cli.note(`${result.image} is whole`)
      const failed = contents.filter(({ outcome }) => outcome === 'failed')
      if (failed.length > 0) throw new CommandError(`not put back: ${failed.length}; ${failed[0]?.reason}`)
      if (!isWhole && !dryRun) throw new CommandError(`${result.image} is not whole`)
    })
}

const tableOf = (contents: RepairResult['contents']) =>
  table(
    ['OUTCOME', 'PART', 'WAS', 'SIZE', 'FROM', 'DIGEST'],
    contents.map(({ outcome, part, fault, size, from, digest }) => [
      ...[{ word: outcome }, part, fault, sizeCell(size), from ?? 'none', digest],
    ]),
  )

function parseImage(text: string): string {
  if (parseImageName(text) !== undefined) return text
  throw new InvalidArgumentError('Expected REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST.')
}
