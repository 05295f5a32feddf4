import { type Static, type TProperties, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { HttpError } from './problem.ts'

/** The query of a list: its filters, and which page of it. */
export const pageQuery = <P extends TProperties>(filters: P) =>
  Type.Object({
    ...filters,
    limit: Type.Integer({
      ...{ minimum: 1, maximum: 1000, default: 100 },
      description: 'How many there are on a page at most.',
    }),
    cursor: Type.Optional(Type.String({ description: '`next` of the page before.' })),
  })

/** The answer of a list: the items of a page, and where the next page begins. */
export const pageOf = <P extends TProperties>(items: P) =>
  Type.Object({
    ...items,
    next: Type.Union([Type.String(), Type.Null()], {
      description: 'The `cursor` of the next page; null at the end of the list.',
    }),
  })

/** Makes a page of what was found, which is one item more than `limit` if the list goes on. */
export function cutPage<T>(found: readonly T[], limit: number, positionOf: (item: T) => unknown) {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const isCut = found.length > limit && last !== undefined
  return { items, next: isCut ? encodeCursor(positionOf(last)) : null }
}

/** Writes a position in a list as a text that callers hand back. */
export const encodeCursor = (position: unknown): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url')

/** The cursor of the position after which the next page begins; null at the end of the list. */
export const cursorOf = (position: unknown): string | null =>
  position === undefined ? null : encodeCursor(position)

/** The position in a cursor; `undefined` without a cursor. @throws HttpError if the position does not match `schema` */
export function decodeCursor<S extends TSchema>(
  schema: S,
  cursor: string | undefined,
): Static<S> | undefined {
  if (cursor === undefined) return undefined
  const position = parse(cursor)
  if (Value.Check(schema, position)) return position
  throw new HttpError(400, 'the cursor is not of this list: expected `next` of a page with the same order')
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
