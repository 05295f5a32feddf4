import type { AddCommand } from '../cli.ts'
import { imageTable } from '../image-table.ts'
import { cutText, imagesOf, readTags } from '../tagged-images.ts'

export const addImages: AddCommand = (program, cli) => {
  program
    .command('images')
    .summary('List the images of a project that have tags, the largest first.')
    .description(
      'List the images of a project that have tags, the largest first. The size of an image counts its config and layers, though other images may share them.',
    )
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .option('--repository <NAME>', 'only those of this repository')
    .action(async (project: string, filter: { repository?: string }) => {
      const service = await cli.service()
      const { tags, isCut } = await readTags(service, project, filter)
      const images = imagesOf(tags)
      if (isCut) cli.note(cutText)
      if (images.length === 0) cli.note('no image has a tag')
      cli.show({ images, isCut }, imageTable(images))
    })
}
