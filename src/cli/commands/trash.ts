import { type Command, InvalidArgumentError } from 'commander'
import { type Static, Type } from 'typebox'
import { Restored } from '../../expiry/restore-image.ts'
import { TrashEntry } from '../../expiry/trash.ts'
import { parseTimestamp } from '../../platform/timestamp.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { confirm, withYes } from '../confirm.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { notRestored, restoredText } from '../restored-text.ts'
import type { Service } from '../service.ts'
import { showList } from '../show-list.ts'
import { fields, linesOfJson, table, tagsCell } from '../table.ts'

const { manifest: _, ...listed } = TrashEntry.properties
const Listed = Type.Object(listed)
type Listed = Static<typeof Listed>
const Purged = Type.Object({ purged: Type.Integer() })
const Page = Type.Object({ images: Type.Array(Listed), ...Next })

const COLUMNS = columns<Listed>(
  ...(['at', 'restoredAt', 'registry', 'repository', 'tag', 'tags', 'digest', 'policy', 'reason'] as const),
)
const RESTORED_COLUMNS = columns<Restored>(
  ...(['registry', 'repository', 'digest'] as const),
  ['restored', ({ manifests }) => digestsOf(manifests, 'restored')],
  ['tags', ({ tags }) => tags.filter(({ outcome }) => outcome === 'restored').map(({ name }) => name)],
  ['elsewhere', ({ tags }) => tags.filter(({ outcome }) => outcome === 'elsewhere').map(({ name }) => name)],
  ['lost', ({ lost }) => lost.map(({ digest }) => digest)],
)
const PURGED_COLUMNS = columns<Static<typeof Purged>>('purged')

const digestsOf = (all: Restored['manifests'], wanted: string) =>
  all.filter(({ outcome }) => outcome === wanted).map(({ digest }) => digest)

export const addTrash: AddCommand = (program, cli) => {
  const trash = addGroup(program, 'trash').description(
    'List images and tags that expiry has deleted, bring them back, or delete them for good.',
  )

  withColumns(withPage(trash.command('list')), COLUMNS)
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
      await showList(cli, {
        ask: (query) => service.get(`/v1/trash${queryOf(query)}`, Page),
        ...{ options, key: 'images', columns: COLUMNS, lines: tableOf, none: 'nothing is in the trash' },
      })
    })

  withColumns(withImage(trash.command('show')), COLUMNS)
    .description('Show a deleted image or tag with its manifest, and why it was deleted.')
    .action(async (image: string) => {
      const service = await cli.service()
      const entry = await service.get(pathOf(image), TrashEntry)
      await cli.show({ value: entry, columns: COLUMNS, lines: linesOf(entry) })
    })

  withColumns(withImage(trash.command('restore')), RESTORED_COLUMNS)
    .summary('Bring a deleted image or tag back.')
    .description(
      'Bring a deleted image back: what it lists, the image, its tags, and the signatures that were deleted with it. Or bring back a tag that was deleted alone. A tag that names another image by now stays there. It works until the registry has collected its garbage.',
    )
    .action(async (image: string) => {
      const service = await cli.service()
      const restored = await service.post(`${pathOf(image)}/restore`, {}, Restored)
      const lines = [restoredText(restored), ...tableOfRestored(restored)]
      await cli.show({ value: restored, columns: RESTORED_COLUMNS, lines })
      for (const line of notRestored(restored)) cli.note(line)
    })

  const purge = withYes(trash.command('purge'))
  withColumns(purge, PURGED_COLUMNS)
  withColumns(purge, COLUMNS, 'with --dry-run')
  purge
    .description('Delete old entries for good: their images cannot be brought back any more.')
    .requiredOption('--before <TIME>', 'what was deleted before this time, RFC 3339', parseTime)
    .option('--dry-run', 'only list what was deleted before this time')
    .action(async ({ before, dryRun }: { before: string; dryRun?: true }, command: Command) => {
      const service = await cli.service()
      if (dryRun) return listOld(cli, service, before)
      await confirm(cli, command, `delete for good what was deleted before ${before}`)
      const answer = await service.post('/v1/trash/purge', { before }, Purged)
      const lines = [`deleted for good: ${answer.purged}`]
      await cli.show({ value: answer, columns: PURGED_COLUMNS, lines })
    })
}

/** Lists what `purge` would delete. It goes through the whole trash. */
async function listOld(cli: Cli, service: Service, before: string): Promise<void> {
  await showList(cli, {
    ask: (query) => service.get(`/v1/trash${queryOf({ before, ...query })}`, Page),
    ...{ options: { all: true }, key: 'images', columns: COLUMNS, lines: tableOf },
  })
  cli.note('nothing was deleted: this was a dry run')
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

const tableOf = (images: readonly Listed[]) =>
  table(
    ['DELETED', 'RESTORED', 'TAGS', 'REASON', 'IMAGE'],
    images.map((image) => [
      ...[image.at, image.restoredAt ?? 'no'],
      image.tag === undefined ? tagsCell(image.tags) || 'none' : `only ${image.tag}`,
      image.reason,
      nameOf(image),
    ]),
  )

function linesOf(entry: TrashEntry): Line[] {
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

const tableOfRestored = ({ manifests, tags }: Static<typeof Restored>) =>
  table(
    ['OUTCOME', 'DIGEST', 'TAGS'],
    manifests.map(({ digest, outcome }) => [
      ...[{ word: outcome }, digest],
      tags
        .filter((tag) => tag.digest === digest && tag.outcome !== 'elsewhere')
        .map(({ name }) => name)
        .join(', ') || 'none',
    ]),
  )
