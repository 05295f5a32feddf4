import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { isStreamed } from '../output/printer.ts'
import { queryOf } from '../page-options.ts'
import { sizeCell, table, tagsCell } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'

const Instant = Type.Union([Type.String(), Type.Null()])

/** The part of an image that the table shows. JSON has all that the service tells. */
const Image = Type.Object({
  repository: Type.String(),
  digest: Type.String(),
  tags: Type.Array(Type.Object({ name: Type.String(), taggedAt: Instant })),
  kind: Type.Union([Type.String(), Type.Null()]),
  children: Type.Array(Type.String()),
  pulledAt: Instant,
  sizeBytes: Type.Integer(),
})

type Image = Static<typeof Image>

const COLUMNS = columns<Image>(
  ...(['repository', 'digest'] as const),
  ['tags', ({ tags }) => tags.map(({ name }) => name)],
  ...(['sizeBytes', 'kind', 'children', 'pulledAt'] as const),
)

export const addImages: AddCommand = (program, cli) => {
  withColumns(program.command('images'), COLUMNS)
    .summary('List the images of a project, the largest first.')
    .description(
      'List the images of a project, also those without a tag, the largest first. The size of an image counts its config and layers, though other images may share them. As ndjson and csv they come as they are read, in no order. "tallyman expiry try" reads what this prints with --output json.',
    )
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .option('--repository <NAME>', 'only those of this repository')
    .option('--details', 'read from the registry first what kind each image is, and its labels')
    .action(async (project: string, filter: { repository?: string; details?: true }) => {
      const service = await cli.service()
      const chunks = service.chunks(`${pathOfProject(project)}/images${queryOf(filter)}`, Image)
      const count = { all: 0, unread: 0 }
      async function* counted() {
        for await (const images of chunks) {
          count.all += images.length
          count.unread += images.filter(({ kind }) => kind === null).length
          yield images
        }
      }
      if (isStreamed(cli.format())) await cli.stream(COLUMNS, counted())
      else {
        const found = (await Array.fromAsync(counted())).flat()
        const images = found.toSorted((a, b) => b.sizeBytes - a.sizeBytes)
        await cli.show({ value: { images }, rows: images, columns: COLUMNS, lines: tableOf(images) })
      }
      if (count.all === 0) cli.note('it has no image')
      if (filter.details && count.unread > 0)
        cli.note(
          `of ${count.unread} images the kind could not be read, or not yet: repeat the command in a minute`,
        )
    })
}

function tableOf(images: readonly Image[]) {
  const owners = new Map(
    images.flatMap((owner) => owner.children.map((child) => [keyOf(owner.repository, child), owner])),
  )
  const isAnyPart = owners.size > 0
  return table(
    ['SIZE', 'KIND', 'REPOSITORY', 'TAGS', ...(isAnyPart ? ['PART OF'] : []), 'LAST PULL', 'DIGEST'],
    images.map(({ sizeBytes, kind, repository, tags, pulledAt, digest }) => [
      ...[sizeCell(sizeBytes), kind ?? 'not read', repository, tagsText(tags) || 'none'],
      ...(isAnyPart ? [shortName(owners.get(keyOf(repository, digest)))] : []),
      ...[pulledAt ?? 'never', digest],
    ]),
  )
}

const keyOf = (repository: string, digest: string): string => `${repository}@${digest}`

const tagsText = (tags: Image['tags']): string => tagsCell(tags.map(({ name }) => name))

/** An index that lists an image; there may be others. */
const shortName = (owner: Image | undefined): string =>
  owner === undefined ? '' : (owner.tags[0]?.name ?? owner.digest.slice(0, 19))
