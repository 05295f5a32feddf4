import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { takeAway } from '../../src/barrier/take-away.ts'

const digests = Array.from({ length: 5_000 }, (_, n) => `sha256:${String(n).padStart(64, '0')}`)

/** Takes blobs from a store that takes `callMs` and `blobMs` for each blob of a call, one call after the other, within `ms`. */
async function takeFrom({ callMs = 0, blobMs = 0, refuseAt = Number.POSITIVE_INFINITY }, ms: number) {
  const clock = { now: 0 }
  const told: string[] = []
  let calls = 0
  const storage = {
    async delete(keys: readonly string[]) {
      const isRefused = ++calls >= refuseAt
      clock.now += callMs + keys.length * blobMs
      await nextTurn()
      if (isRefused) throw new Error('refused')
    },
  }
  const result = await takeAway(storage, digests, {
    leftMs: () => ms - clock.now,
    onTake: (round) => void told.push(...round),
    clock: () => clock.now,
  })
  expect(result.taken).toEqual(digests.slice(0, result.taken.length))
  expect(told).toEqual(result.taken)
  return { taken: result.taken.length, error: result.error, ms: clock.now, calls }
}

test.each([
  ['a fast store gives all', { blobMs: 0.01 }, 1_000, { least: 5_000 }],
  [
    'a store that takes a ms for a blob gives nearly as many as there are ms',
    { blobMs: 1 },
    1_000,
    { least: 900 },
  ],
  ['of a slow store not much more is taken than the first round', { blobMs: 5 }, 250, { least: 20 }],
  [
    'a store that takes long for a call gets large calls',
    { callMs: 100, blobMs: 0.1 },
    1_000,
    { least: 400 },
  ],
  [
    'a store that takes long for a call is not asked again if no call fits',
    { callMs: 100, blobMs: 0.1 },
    500,
    { least: 150 },
  ],
])('%s, and what fits into the time is not exceeded', async (_, store, ms, { least }) => {
  const { taken, error, ...spent } = await takeFrom(store, ms)
  expect(error).toBeUndefined()
  expect(taken).toBeGreaterThanOrEqual(least)
  expect(spent.ms).toBeLessThanOrEqual(ms)
})

test('nothing is taken if no time is left', async () => {
  expect(await takeFrom({}, 0)).toMatchObject({ taken: 0, calls: 0 })
})

test('after an error no further round begins, and all of its round counts as taken', async () => {
  const { taken, error, calls } = await takeFrom({ refuseAt: 4 }, 1_000)
  // The first round has one call, the next one eight.
  expect([taken, calls, error]).toEqual([820, 9, new Error('refused')])
})
