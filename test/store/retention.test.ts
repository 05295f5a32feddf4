import { expect, test, vi } from 'vitest'
import { keepFor } from '../../src/store/retention.ts'

const DAY = 86_400_000

function setUp() {
  let now = 400 * DAY
  const appended: string[] = []
  const forget = vi.fn<(before: Date) => Promise<void>>(async () => {})
  const onError = vi.fn<(error: Error) => void>()
  const journal = { append: async (record: string) => void appended.push(record), forget }
  const kept = keepFor(journal, { keepMs: 365 * DAY, now: () => now, onError })
  const pass = (ms: number) => {
    now += ms
  }
  return { kept, appended, forget, onError, pass }
}

test('old records are forgotten at the first append, and then once a day', async () => {
  const { kept, appended, forget, pass } = setUp()
  await kept.append('a')
  pass(DAY - 1)
  await kept.append('b')
  expect(forget.mock.calls).toEqual([[new Date(35 * DAY)]])
  pass(1)
  await kept.append('c')
  expect(forget.mock.calls).toEqual([[new Date(35 * DAY)], [new Date(36 * DAY)]])
  expect(appended).toEqual(['a', 'b', 'c'])
})

test('a record is appended although old ones cannot be deleted', async () => {
  const { kept, appended, forget, onError, pass } = setUp()
  forget.mockRejectedValueOnce(new Error('read-only'))
  await kept.append('a')
  expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('read-only'))
  pass(DAY)
  await kept.append('b')
  expect(forget).toHaveBeenCalledTimes(2)
  expect(appended).toEqual(['a', 'b'])
})

test('a time before 1970 stands for its beginning', async () => {
  const forget = vi.fn<(before: Date) => Promise<void>>(async () => {})
  const journal = { append: async () => {}, forget }
  await keepFor(journal, { keepMs: Number.MAX_SAFE_INTEGER, now: () => DAY, onError: () => {} }).append()
  expect(forget).toHaveBeenCalledExactlyOnceWith(new Date(0))
})
