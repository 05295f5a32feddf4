import { Option } from 'commander'
import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { queryOf } from '../page-options.ts'
import { pathOfProject } from '../tagged-images.ts'

const Reclaimable = Type.Object({ reclaimableBytes: Type.Integer(), manifests: Type.Array(Type.String()) })

const COLUMNS = columns<Static<typeof Reclaimable>>('reclaimableBytes', 'manifests')

export const addReclaimable: AddCommand = (program, cli) => {
  withColumns(program.command('reclaimable'), COLUMNS)
    .summary('Tell what deleting a tag, an image or a repository would free.')
    .description(
      'Tell the bytes that deleting a tag, an image or a whole repository would free at the next garbage collection. Nothing is deleted.',
    )
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .requiredOption('--repository <NAME>', 'the repository; all of it, without --tag and --digest')
    .addOption(new Option('--tag <TAG>', 'only this tag').conflicts('digest'))
    .option('--digest <DIGEST>', 'only the image with this digest, with all of its tags')
    .action(async (project: string, options: { repository: string; tag?: string; digest?: string }) => {
      const service = await cli.service()
      const path = `${pathOfProject(project)}/reclaimable${queryOf(options)}`
      const answer = await service.get(path, Reclaimable)
      const { reclaimableBytes, manifests } = answer
      if (manifests.length === 0)
        cli.note('no image would go: another tag or an index needs it, or there is none')
      await cli.show({ value: answer, columns: COLUMNS, lines: [formatSize(reclaimableBytes), ...manifests] })
    })
}
