import { type Command, InvalidArgumentError } from 'commander'
import { type Static, Type } from 'typebox'
import { Restored } from '../../expiry/restore-image.ts'
import { TrashEntry } from '../../expiry/trash.ts'
import { parseTimestamp } from '../../platform/timestamp.ts'
import type { AddCommand } from '../cli.ts'
import { addGroup } from '../group.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { notRestored, restoredText } from '../restored-text.ts'
import { fields, linesOfJson, table, tagsCell } from '../table.ts'

const { manifest: _, ...listed } = TrashEntry.properties
const Listed = Type.Object(listed)
const Purged = Type.Object({ purged: Type.Integer() })
const Page = Type.Object({ images: Type.Array(Listed), ...Next })

export const addTrash: AddCommand = (program, cli) => {
  const trash = addGroup(program, 'trash').description(
    'List images and tags that expiry has deleted, bring them back, or delete them for good.',
  )

  withPage(trash.command('list'))
    .summary('List the deleted images and tags.')
    .description(
      'List the images and tags that expiry has deleted, by registry and repository, and when they were brought back, if they were.',
    )
    .option('--registry <NAME>', 'only images of this registry')
    .option('--repository <NAME>', 'only images of this repository of the registry')
    .action(async (options: PageOptions & { registry?: string; repository?: string }, command: Command) => {
      if (options.repository !== undefined && options.registry === undefined)
        command.error('error: --repository needs --registry')
      const service = await cli.service()
      const page = await service.get(`/v1/trash${queryOf(options)}`, Page)
      if (page.images.length === 0) cli.note('nothing is in the trash')
      cli.show(page, tableOf(page.images))
      noteNext(cli, page)
    })

  withImage(trash.command('show'))
    .description('Show a deleted image or tag with its manifest, and why it was deleted.')
    .action(async (image: string) => {
      const service = await cli.service()
      const entry = await service.get(pathOf(image), TrashEntry)
      cli.show(entry, linesOf(entry))
    })

  withImage(trash.command('restore'))
    .summary('Bring a deleted image or tag back.')
    .description(
      'Bring a deleted image back: what it lists, the image, its tags, and the signatures that were deleted with it. Or bring back a tag that was deleted alone. A tag that names another image by now stays there. It works until the registry has collected its garbage.',
    )
    .action(async (image: string) => {
      const service = await cli.service()
      const restored = await service.post(`${pathOf(image)}/restore`, {}, Restored)
      cli.show(restored, [restoredText(restored), ...tableOfRestored(restored)])
      for (const line of notRestored(restored)) cli.note(line)
    })

  trash
    .command('purge')
    .description('Delete old entries for good: their images cannot be brought back any more.')
    .requiredOption('--before <TIME>', 'what was deleted before this time, RFC 3339', parseTime)
    .action(async ({ before }: { before: string }) => {
      const service = await cli.service()
      const answer = await service.post('/v1/trash/purge', { before }, Purged)
      cli.show(answer, [`deleted for good: ${answer.purged}`])
    })
}

function parseTime(text: string): string {
  if (parseTimestamp(text) !== undefined) return text
  throw new InvalidArgumentError('Expected a time in RFC 3339, such as 2026-11-26T12:00:00Z.')
}

const withImage = (command: Command): Command =>
  command.argument(
    '<IMAGE>',
    'REGISTRY/REPOSITORY@DIGEST or REGISTRY/REPOSITORY:TAG; with a tag, the image that had it last. A tag that was deleted alone: REGISTRY/REPOSITORY:TAG@DIGEST',
    parseImage,
  )

function parseImage(text: string): string {
  if (/^[^/@:]+\/[^@:]+(@\w+:\w+|:[\w.-]+(@\w+:\w+)?)$/.test(text)) return text
  throw new InvalidArgumentError('Expected REGISTRY/REPOSITORY@DIGEST or REGISTRY/REPOSITORY:TAG.')
}

const pathOf = (image: string): string => `/v1/trash/${encodeURIComponent(image)}`

const nameOf = ({ registry, repository, digest, tag }: Static<typeof Listed>): string =>
  `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}@${digest}`

const tableOf = (images: readonly Static<typeof Listed>[]): string[] =>
  table(
    ['DELETED', 'RESTORED', 'TAGS', 'REASON', 'IMAGE'],
    images.map((image) => [
      ...[image.at, image.restoredAt ?? 'no'],
      image.tag === undefined ? tagsCell(image.tags) || 'none' : `only ${image.tag}`,
      image.reason,
      nameOf(image),
    ]),
  )

function linesOf(entry: TrashEntry): string[] {
  const { at, restoredAt = 'no', policy, reason, tag, tags, mediaType } = entry
  return [
    ...fields([
      ...(tag === undefined
        ? ([
            ['image', nameOf(entry)],
            ['tags', tags.join(', ') || 'none'],
          ] as const)
        : ([['tag', `${nameOf(entry)}, deleted alone: the image stayed`]] as const)),
      ['deleted', at],
      ['restored', restoredAt],
      ['policy', policy],
      ['reason', reason],
      ['media type', mediaType],
    ]),
    ...manifestLines(Buffer.from(entry.manifest, 'base64').toString()),
  ]
}

function manifestLines(text: string): string[] {
  try {
    return linesOfJson(JSON.parse(text))
  } catch {
    return [text]
  }
}

const tableOfRestored = ({ manifests, tags }: Static<typeof Restored>): string[] =>
  table(
    ['OUTCOME', 'DIGEST', 'TAGS'],
    manifests.map(({ digest, outcome }) => [
      ...[outcome, digest],
      tags
        .filter((tag) => tag.digest === digest && tag.outcome !== 'elsewhere')
        .map(({ name }) => name)
        .join(', ') || 'none',
    ]),
  )
