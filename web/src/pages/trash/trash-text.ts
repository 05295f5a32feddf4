import type { Answer } from '../../api/request.ts'

export type Trashed = Answer<'/v1/trash'>['images'][number]

/** How an entry is called: `team/app:v1, v2`, or by its digest. */
export function trashedName({
  repository,
  tag,
  tags,
  digest,
}: Pick<Trashed, 'repository' | 'tag' | 'tags' | 'digest'>): string {
  const named = tag === undefined ? tags : [tag]
  return named.length > 0 ? `${repository}:${named.join(', ')}` : `${repository}@${digest.slice(0, 19)}…`
}

/** How long the trash keeps an entry, in ms, by what it says of one. */
export function keepOf([first]: readonly Pick<Trashed, 'at' | 'forgottenAt'>[]): number | undefined {
  return first && Date.parse(first.forgottenAt) - Date.parse(first.at)
}

/** Until when an image comes back, in words. `nowMs`: epoch ms. */
export function chanceOf(
  { undoUntil, restoredAt }: Pick<Trashed, 'undoUntil' | 'restoredAt'>,
  nowMs: number,
) {
  if (restoredAt !== undefined) return 'restored'
  if (undoUntil === null) return 'unknown'
  return Date.parse(undoUntil) > nowMs ? 'safe' : 'doubtful'
}
