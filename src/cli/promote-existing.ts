import { formatSize } from '../platform/units.ts'
import { type ExistingImage, ExistingLine, type ExistingTotal } from '../promotion/existing-lines.ts'
import type { Cli } from './cli.ts'
import { CommandError } from './command-error.ts'
import { columns } from './output/columns.ts'
import { sizeCell, table } from './table.ts'

export const EXISTING_COLUMNS = columns<ExistingImage>(
  ...(['state', 'image', 'target', 'digest', 'bytes', 'promotion', 'why'] as const),
)

/** Promotes what was there before a rule, or tells what that would be. */
export async function promoteExisting(
  cli: Cli,
  rule: string,
  { dryRun }: { dryRun: boolean },
): Promise<void> {
  const service = await cli.service()
  const images: ExistingImage[] = []
  let total: ExistingTotal | undefined
  for await (const line of service.lines('/v1/promotions/existing', ExistingLine, { rule, dryRun })) {
    if ('error' in line) throw new CommandError(`the list ends early: ${line.error}`)
    if ('image' in line) images.push(line)
    else total = line
  }
  if (total === undefined) throw new CommandError('the list ends early: repeat the command')
  await cli.show({
    ...{ value: { images, total }, rows: images, columns: EXISTING_COLUMNS },
    lines: dryRun ? plannedTable(images) : askedTable(images),
  })
  cli.note(summary(images, total))
  const refused = images.find(({ state }) => state === 'refused')
  if (refused !== undefined) cli.note(`refused: ${refused.image} to ${refused.target}: ${refused.why}`)
  if (total.more) cli.note('more images are left: repeat the command once fewer promotions wait')
}

const plannedTable = (images: readonly ExistingImage[]) =>
  table(
    ['AT TARGET', 'SIZE', 'FROM', 'TO', 'DIGEST'],
    images.map(({ state, bytes = 0, image, target, digest }) => [
      ...[{ word: state }, sizeCell(bytes), image, target, digest],
    ]),
  )

const askedTable = (images: readonly ExistingImage[]) =>
  table(
    ['STATE', 'FROM', 'TO', 'PROMOTION'],
    images.map(({ state, image, target, promotion }) => [{ word: state }, image, target, promotion]),
  )

/** `images 12: absent 9, arrived 3; to send 70.0 MiB`. */
function summary(images: readonly ExistingImage[], { bytes, uncertain = 0 }: ExistingTotal): string {
  const counts = [...Map.groupBy(images, ({ state }) => state)].map(
    ([state, all]) => `${state} ${all.length}`,
  )
  const states = counts.length === 0 ? '' : `: ${counts.toSorted().join(', ')}`
  const unknown = uncertain === 0 ? '' : `, and what the index does not know of ${uncertain} images`
  return `images ${images.length}${states}${bytes === undefined ? '' : `; to send ${formatSize(bytes)}${unknown}`}`
}
