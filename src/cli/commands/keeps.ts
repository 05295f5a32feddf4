import { type Command, InvalidArgumentError } from 'commander'
import { type Static, Type } from 'typebox'
import { parseImageName } from '../../expiry/image-name.ts'
import { Keep } from '../../expiry/keep.ts'
import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { durationOption } from '../duration-option.ts'
import { EXIT } from '../exit-statuses.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table } from '../table.ts'

const Page = Type.Object({ keeps: Type.Array(Keep), ...Next })
const Removed = Type.Object({ removed: Type.String() })

const COLUMNS = columns<Static<typeof Keep>>('id', 'image', 'since', 'until', 'by', 'why')

/** The commands about what people keep, in the group `expiry`. */
export function addKeeps(expiry: Command, cli: Cli): void {
  withColumns(withImage(expiry.command('keep')), COLUMNS)
    .summary('Keep an image, whatever the policies say.')
    .description(
      'Keep an image, whatever the policies say. With a tag: whatever the tag names, now and later. It holds within about two seconds, also for a run in hand.',
    )
    .option('--for <DURATION>', 'for how long, such as 30d; until "unkeep" if left out', durationOption)
    .option('--why <TEXT>', 'why: plans show it')
    .action(async (image: string, options: { for?: string; why?: string }) => {
      const service = await cli.service()
      const by = cli.env.USER ?? cli.env.LOGNAME
      const keep = await service.post('/v1/expiry/keeps', { image, ...options, ...(by && { by }) }, Keep)
      const lines = [`kept: ${keep.image}${keep.until === null ? '' : ` until ${keep.until}`}`]
      await cli.show({ value: keep, columns: COLUMNS, lines })
    })

  withColumns(withPage(expiry.command('keeps')), COLUMNS)
    .description('List the images that people keep, with who, why and until when.')
    .option('--image <IMAGE>', 'only keeps of this image, by the name with which it was kept', parseImage)
    .action(async (options: PageOptions & { image?: string }) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`/v1/expiry/keeps${queryOf(query)}`, Page),
        ...{ options, key: 'keeps', columns: COLUMNS, lines: tableOf, none: 'nothing is kept by people' },
      })
    })

  withColumns(withImage(expiry.command('unkeep')), COLUMNS)
    .description('End all keeps of an image, by the name with which it was kept.')
    .action(async (image: string) => {
      const service = await cli.service()
      const { keeps } = await service.get(`/v1/expiry/keeps${queryOf({ image, limit: 1000 })}`, Page)
      if (keeps.length === 0)
        throw new CommandError(`nobody keeps ${image}: "tallyman expiry keeps" lists what is kept`).as(
          EXIT.notFound,
        )
      for (const { id } of keeps) await service.delete(`/v1/expiry/keeps/${id}`, Removed)
      await cli.show({ value: { removed: keeps }, rows: keeps, columns: COLUMNS, lines: tableOf(keeps) })
    })
}

const withImage = (command: Command): Command =>
  command.argument('<IMAGE>', 'REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST', parseImage)

function parseImage(text: string): string {
  if (parseImageName(text) !== undefined) return text
  throw new InvalidArgumentError('Expected REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST.')
}

const tableOf = (keeps: readonly Static<typeof Keep>[]) =>
  table(
    ['SINCE', 'UNTIL', 'BY', 'WHY', 'IMAGE'],
    keeps.map(({ since, until, by, why, image }) => [since, until ?? 'ever', by ?? '', why ?? '', image]),
  )
