import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseImageName } from '../../expiry/image-name.ts'
import { PromotionResult, PromotionStatus } from '../../promotion/status.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { EXISTING_COLUMNS, promoteExisting } from '../promote-existing.ts'
import { progressOfPromotion, promotedText, STATUS_COLUMNS } from '../promotion-text.ts'

interface Options {
  to?: string
  as?: string
  rule?: string
  child?: true
  overwrite?: string
  wait: boolean
  existing?: string
  dryRun?: true
}

export const addPromote: AddCommand = (program, cli) => {
  const command = program.command('promote')
  withColumns(command, STATUS_COLUMNS)
  withColumns(command, EXISTING_COLUMNS, 'with --existing')
  command
    .summary('Copy an image to another registry.')
    .description(
      'Copy an image with all that belongs to it to another registry, by the rule that leads there, or without one. The command ends once it has arrived. It goes on if the command is stopped.',
    )
    .argument('[IMAGE]', 'REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST', parseImage)
    .option('--to <REGISTRY>', 'the target, by its name in the configuration')
    .option('--rule <NAME>', 'the rule, if several lead there')
    .option('--as <NAME>', 'its name there, REPOSITORY:TAG; then no rule applies, and no gate')
    .option('--child', 'also if it is a part of an index')
    .addOption(
      new Option(
        '--overwrite <MODE>',
        'whether a tag that names another image is moved; as the rule says if left out',
      ).choices([...['never', 'always', 'newer']]),
    )
    .option('--no-wait', 'only ask for it')
    .option('--existing <RULE>', 'in place of IMAGE: all that was there before the rule and that it matches')
    .option('--dry-run', 'with --existing: only tell what the target has, and what would be sent')
    .action(async (image: string | undefined, options: Options, command: Command) => {
      const { wait, existing, dryRun = false, ...asked } = options
      if (existing !== undefined) {
        if (image !== undefined || Object.keys(asked).length > 0 || !wait)
          command.error('error: expected --existing RULE alone, or with --dry-run')
        return promoteExisting(cli, existing, { dryRun })
      }
      if (dryRun) command.error('error: --dry-run needs --existing RULE')
      if (image === undefined || options.to === undefined)
        command.error('error: expected IMAGE and --to REGISTRY, or --existing RULE')
      const service = await cli.service()
      const answer = await service.post('/v1/promotions', { image, ...asked }, JobAsked)
      const { id } = answer.job
      const path = `/v1/promotions/${encodeURIComponent(id)}`
      if (!wait) {
        const status = await service.get(path, PromotionStatus)
        const lines = [`asked for: promotion ${id} of ${status.image} to ${status.target}`]
        await cli.show({ value: status, columns: STATUS_COLUMNS, lines })
        return
      }
      const result = await followJob(service, cli, answer, PromotionResult, progressOfPromotion)
      if (result.state === 'dropped') throw new CommandError(`not promoted: ${result.why}`)
      const status = await service.get(path, PromotionStatus)
      await cli.show({ value: status, columns: STATUS_COLUMNS, lines: [promotedText(status)] })
    })
}

function parseImage(text: string): string {
  if (parseImageName(text) !== undefined) return text
  throw new InvalidArgumentError('Expected REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST.')
}
