import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { shareReads } from '../../src/platform/share-reads.ts'

/** Reads that end when the test says so. */
function makeReads() {
  const reads: PromiseWithResolvers<string>[] = []
  const read = () => {
    reads.push(Promise.withResolvers<string>())
    return reads.at(-1)?.promise ?? Promise.reject()
  }
  return { reads, read }
}

test('callers at the same time share one read', async () => {
  const { reads, read } = makeReads()
  const shared = shareReads(read)
  const answers = [shared(), shared(), shared()]
  reads[0]?.resolve('a')
  expect(await Promise.all(answers)).toEqual(['a', 'a', 'a'])
  expect(reads).toHaveLength(1)
})

test('a result is used for a while, in proportion to what it took; then the next caller gets a new one', async () => {
  let count = 0
  const slow = shareReads(async () => {
    await sleep(100)
    return ++count
  })
  expect([await slow(), await slow(), await slow()]).toEqual([1, 1, 1])
  const quick = shareReads(async () => ++count)
  const first = await quick()
  // It took some µs, so it is old soon.
  await sleep(20)
  expect(await quick()).toBe(first + 1)
})

test('while a new read takes long, callers get the old result', async () => {
  const { reads, read } = makeReads()
  const shared = shareReads(read)
  const first = shared()
  reads[0]?.resolve('old')
  await first
  while (reads.length < 2) {
    expect(await shared()).toBe('old')
    await sleep(1)
  }
  expect(await shared()).toBe('old')
  reads[1]?.resolve('new')
  expect(await shared()).toBe('new')
  expect(reads).toHaveLength(2)
})

test('a read that fails fails for all who wait for it, and the next caller starts another', async () => {
  const { reads, read } = makeReads()
  const shared = shareReads(read)
  const answers = [shared(), shared()]
  reads[0]?.reject(new Error('away'))
  for (const answer of answers) await expect(answer).rejects.toThrow('away')
  const again = shared()
  reads[1]?.resolve('back')
  expect(await again).toBe('back')
})
