import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { cutPage, decodeCursor, encodeCursor } from '../../src/http/page.ts'

const Position = Type.Tuple([Type.Literal('unique'), Type.Number(), Type.String()])
const position = ['unique', 2 ** 53 - 1, 'ci/größe']

test('a cursor holds a position, and has only letters that a URL needs not to escape', () => {
  const cursor = encodeCursor(position)
  expect(cursor).toMatch(/^[\w-]+$/)
  expect(decodeCursor(Position, cursor)).toEqual(position)
  expect(decodeCursor(Position, undefined)).toBeUndefined()
})

test.each([
  '',
  'x',
  '%%%',
  encodeCursor(null),
  encodeCursor(['name', 0, 'ci/a']),
  encodeCursor(['unique', '0', 'ci/a']),
  encodeCursor(['unique', 0]),
])('the cursor %j is refused', (cursor) => {
  expect(() => decodeCursor(Position, cursor)).toThrow(expect.objectContaining({ statusCode: 400 }))
})

describe('a page', () => {
  const cut = (found: number[]) => cutPage(found, 3, (n) => n)
  test('that is cut has the position of its last item', () => {
    expect(cut([1, 2, 3, 4])).toEqual({ items: [1, 2, 3], next: encodeCursor(3) })
  })
  test('at the end of the list has none', () => {
    expect(cut([1, 2, 3])).toEqual({ items: [1, 2, 3], next: null })
    expect(cut([])).toEqual({ items: [], next: null })
  })
})
