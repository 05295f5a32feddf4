import { expect, test } from 'vitest'
import { makeRoom, roomFor } from '../../src/events/room.ts'

test('a registry has its own room and leaves the rest to others', () => {
  const { take } = makeRoom({ all: 100, each: 40 })
  expect(take('a', 30)).toBeDefined()
  expect(take('a', 20)).toBeUndefined()
  // A smaller body still fits.
  expect(take('a', 10)).toBeDefined()
  expect(take('b', 40)).toBeDefined()
  expect(take('c', 21)).toBeUndefined()
  expect(take('c', 20)).toBeDefined()
})

test('room that is given back can be taken again, and is given back once', () => {
  const { take } = makeRoom({ all: 50, each: 40 })
  const giveBack = take('a', 40)
  giveBack?.()
  giveBack?.()
  expect(take('a', 30)).toBeDefined()
  expect(take('a', 20)).toBeUndefined()
  expect(take('b', 20)).toBeDefined()
  expect(take('b', 1)).toBeUndefined()
})

test.each([1, 1_000, 10 * 2 ** 20, 2 ** 30])(
  'with a limit of %i bytes, two of the largest bodies fit',
  (limit) => {
    const { take } = makeRoom(roomFor(limit))
    expect([take('a', limit), take('a', limit), take('b', limit)]).not.toContain(undefined)
  },
)
