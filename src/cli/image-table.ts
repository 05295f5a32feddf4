import { sizeCell, table, tagsCell } from './table.ts'
import type { TaggedImage } from './tagged-images.ts'

export const imageTable = (images: readonly TaggedImage[]) =>
  table(
    ['SIZE', 'REPOSITORY', 'TAGS', 'LAST PULL', 'DIGEST'],
    images.map(({ sizeBytes, repository, tags, lastPullAt, digest }) => [
      ...[sizeCell(sizeBytes), repository, tagsCell(tags), lastPullAt ?? 'never', digest],
    ]),
  )
