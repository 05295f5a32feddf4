import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { takeAway } from '../../src/barrier/take-away.ts'

const digests = Array.from({ length: 5_000 }, (_, n) => `sha256:${String(n).padStart(64, '0')}`)

test('no call begins that would end too late at a store whose calls take as long as those before', async () => {
  let now = 0
  const told: string[] = []
  const { taken, error } = await takeAway(
    {
      async delete() {
        const end = now + 500
        await nextTurn()
        now = Math.max(now, end)
      },
    },
    digests,
    {
      isOver: (callMs) => now + callMs >= 1_200,
      onTake: (chunk) => void told.push(...chunk),
      now: () => now,
    },
  )
  // Two rounds of eight calls. Nothing was known in the first.
  expect([taken.length, now, error]).toEqual([1_600, 1_000, undefined])
  expect(taken).toEqual(digests.slice(0, 1_600))
  expect(told).toEqual(taken)
})

test('after an error no further call begins, and what was sent counts as taken', async () => {
  const refused = new Error('refused')
  let calls = 0
  const { taken, error } = await takeAway(
    {
      async delete() {
        calls++
        await nextTurn()
        if (calls >= 3) throw refused
      },
    },
    digests,
    { isOver: () => false, onTake: () => undefined, now: () => 0 },
  )
  expect([calls, taken.length, error]).toEqual([8, 800, refused])
})
