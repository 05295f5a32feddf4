import { afterEach, expect, test, vi } from 'vitest'
import { shareReads } from '../../src/platform/share-reads.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Reads that end when the test says so. */
function makeReads() {
  const reads: PromiseWithResolvers<string>[] = []
  const read = () => {
    reads.push(Promise.withResolvers<string>())
    return reads.at(-1)?.promise ?? Promise.reject()
  }
  return { reads, read }
}

const FOR_EVER = 2 ** 40

test('callers at the same time share one read', async () => {
  const { reads, read } = makeReads()
  const shared = shareReads(read, () => 0)
  const answers = [shared(), shared(), shared()]
  reads[0]?.resolve('a')
  expect(await Promise.all(answers)).toEqual(['a', 'a', 'a'])
  expect(reads).toHaveLength(1)
})

test('a result is given while it is fresh, and not after', async () => {
  let count = 0
  const lasting = shareReads(
    async () => ++count,
    () => FOR_EVER,
  )
  expect([await lasting(), await lasting(), await lasting()]).toEqual([1, 1, 1])
  const fleeting = shareReads(
    async () => ++count,
    () => 0,
  )
  expect([await fleeting(), await fleeting()]).toEqual([2, 3])
})

test('while a new read takes long, callers get the old result, unless that is too old', async () => {
  let now = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const { reads, read } = makeReads()
  const shared = shareReads(read, () => 100)
  const first = shared()
  reads[0]?.resolve('old')
  await first
  now += 99
  expect(await shared()).toBe('old')
  expect(reads).toHaveLength(1)
  now += 301
  expect([await shared(), await shared()]).toEqual(['old', 'old'])
  expect(reads).toHaveLength(2)
  now += 1
  const late = shared()
  reads[1]?.resolve('new')
  expect([await late, await shared()]).toEqual(['new', 'new'])
  expect(reads).toHaveLength(2)
})

test('a read that fails fails for all who wait for it, and the next caller starts another', async () => {
  const { reads, read } = makeReads()
  const shared = shareReads(read, () => 0)
  const answers = [shared(), shared()]
  reads[0]?.reject(new Error('away'))
  for (const answer of answers) await expect(answer).rejects.toThrow('away')
  const again = shared()
  reads[1]?.resolve('back')
  expect(await again).toBe('back')
})
