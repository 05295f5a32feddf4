import { expect, test } from 'vitest'
import { makeTurns } from '../../src/http/turns.ts'

/** A read that ends when the test says so. */
function makeRead() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const state = { hasBegun: false }
  const read = () => {
    state.hasBegun = true
    return promise
  }
  return { read, state, end: () => resolve('read'), fail: () => reject(new Error('broken')) }
}
const FOR_EVER = 2 ** 30
const busy = expect.objectContaining({ statusCode: 503 })
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('two reads run at once; the others wait for their turn, in the order in which they came', async () => {
  const inTurn = makeTurns({ atOnce: 2, maxWaiting: 10, waitMs: FOR_EVER })
  const reads = Array.from({ length: 4 }, makeRead)
  const answers = reads.map(({ read }) => inTurn(read))
  const begun = () => reads.map(({ state }) => state.hasBegun)
  await nextTurn()
  expect(begun()).toEqual([true, true, false, false])
  reads[1]?.end()
  await answers[1]
  await nextTurn()
  expect(begun()).toEqual([true, true, true, false])
  reads[0]?.fail()
  await expect(answers[0]).rejects.toThrow('broken')
  await nextTurn()
  expect(begun()).toEqual([true, true, true, true])
  for (const { end } of reads) end()
  expect(await Promise.all(answers.slice(1))).toEqual(['read', 'read', 'read'])
  // All places are free again.
  expect(await Promise.all([inTurn(async () => 1), inTurn(async () => 2)])).toEqual([1, 2])
})

test('a read is refused with 503 if too many wait, or once it has waited too long', async () => {
  const inTurn = makeTurns({ atOnce: 1, maxWaiting: 1, waitMs: 20 })
  const first = makeRead()
  const answer = inTurn(first.read)
  const waits = inTurn(async () => 'too late')
  await expect(inTurn(async () => 'too many')).rejects.toThrow(busy)
  await expect(waits).rejects.toThrow(busy)
  first.end()
  expect(await answer).toBe('read')
  expect(await inTurn(async () => 'free')).toBe('free')
})
