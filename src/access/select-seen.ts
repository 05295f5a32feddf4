import type { Access } from './access.ts'

/** Items of a list that are looked at for one page: each may be an object of the store. */
const MOST = 2_000

/** Items that are read at once, at least, if not all of them are seen. */
const BATCH = 100

type Shown<U> = U | undefined

/**
 * A page of what is seen of a list, and the position after which the next page begins; `undefined` at the end of the list. The page
 * is full unless the list ends, or unless `most` items were looked at for it. The next page begins after the last item that is
 * shown, since a position may tell of an item. Only if none is shown, it begins after the last one that was looked at.
 */
export async function selectSeen<T, U, P>({
  read,
  positionOf,
  show,
  limit,
  after,
  most = MOST,
}: {
  /** At most `limit` items after a position, in order; fewer only at the end. */
  read: (limit: number, after: P | undefined) => Promise<readonly T[]>
  positionOf: (item: T) => P
  /** The item as it is shown; `undefined` if it is not seen. */
  show: (item: T) => Shown<U> | Promise<Shown<U>>
  limit: number
  after: P | undefined
  most?: number
}): Promise<{ items: U[]; next: P | undefined }> {
  const items: U[] = []
  let from = after
  let lastShown: P | undefined
  let batch = limit + 1
  for (let looked = 0; looked < most; ) {
    const found = await read(batch, from)
    for (const item of found) {
      const shown = await show(item)
      if (shown !== undefined && items.length === limit) return { items, next: lastShown }
      from = positionOf(item)
      if (shown !== undefined) {
        items.push(shown)
        lastShown = from
      }
      looked += 1
      if (looked >= most) break
    }
    if (looked < most && found.length < batch) return { items, next: undefined }
    batch = Math.max(BATCH, limit + 1 - items.length)
  }
  return { items, next: lastShown ?? from }
}

/** Shows the items whose project is seen. `projectOf`: `registry/path`; `undefined` if an item is about no project alone. */
export const ifSeen =
  <T>({ sees }: Pick<Access, 'sees'>, projectOf: (item: T) => string | undefined) =>
  (item: T): T | undefined =>
    sees(projectOf(item)) ? item : undefined
