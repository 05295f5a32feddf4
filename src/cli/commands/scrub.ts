import { ScrubResult, ScrubStatus } from '../../integrity/scrub-status.ts'
import { formatSize } from '../../platform/units.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import { fields } from '../table.ts'

const STATUS_COLUMNS = columns<ScrubStatus>(
  ...(['registry', 'url', 'bytesPerDay', 'periodSeconds', 'readToday', 'totalBytes'] as const),
  ...(['images', 'contents', 'first', 'lastRunAt'] as const),
)
const RESULT_COLUMNS = columns<ScrubResult>(
  ...(['registry', 'images', 'bytes', 'damaged', 'unread'] as const),
)

export const addScrub: AddCommand = (program, cli) => {
  const scrub = addGroup(program, 'scrub').description(
    'Read images and hash them, to see whether they are whole.',
  )

  withColumns(scrub.command('status'), STATUS_COLUMNS)
    .description('Show how far the images of a registry were read.')
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .action(async (registry: string) => {
      const service = await cli.service()
      const status = await service.get(pathOf(registry), ScrubStatus)
      await cli.show({ value: status, columns: STATUS_COLUMNS, lines: linesOf(status) })
    })

  withColumns(scrub.command('run'), RESULT_COLUMNS)
    .summary("Read what is left of the day's budget now.")
    .description("Read images of a registry now: what is left of the day's budget.")
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .action(async (registry: string) => {
      const service = await cli.service()
      const asked = await service.post(pathOf(registry), {}, JobAsked)
      const result = await followJob(service, cli, asked, ScrubResult)
      const { images, bytes, damaged, unread } = result
      const line = `read ${formatSize(bytes)}: images ${images}, damaged contents ${damaged}, images that could not be read ${unread}`
      await cli.show({ value: result, columns: RESULT_COLUMNS, lines: [line] })
    })
}

const pathOf = (registry: string): string => `/v1/registries/${encodeURIComponent(registry)}/scrub`

const linesOf = ({ url, bytesPerDay, readToday, totalBytes, images, first, lastRunAt }: ScrubStatus) =>
  fields([
    ['read through', url],
    ['today', `${formatSize(readToday)} of ${formatSize(bytesPerDay)}`],
    ['so far', `${formatSize(totalBytes)}, images ${images}`],
    ['repositories that come first', first],
    ['last scrub', lastRunAt ?? 'none yet'],
  ])
