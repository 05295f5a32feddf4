import { expect, test } from 'vitest'
import { oneAtATime } from '../../web/src/api/one-at-a-time.ts'

/** Readings that end when the test says so. */
function makeReadings() {
  const readings: { end: () => void; signal: AbortSignal }[] = []
  let now = 0
  const one = oneAtATime(
    (signal) => new Promise<void>((end) => readings.push({ end, signal })),
    () => now,
  )
  return {
    ...{ one, readings },
    pass: (ms: number) => {
      now += ms
    },
    async end(n: number) {
      readings[n]?.end()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('a poll does not end a reading that goes on: what answers more slowly than it is asked still answers', async () => {
  const { one, readings, end } = makeReadings()
  one.begin()
  one.poll()
  one.poll()
  expect(readings).toHaveLength(1)
  expect(readings[0]?.signal.aborted).toBe(false)
  await end(0)
  expect(readings).toHaveLength(1)
  one.poll()
  expect(readings).toHaveLength(2)
})

test('who asks again after a change gets a reading that began after it, and one only', async () => {
  const { one, readings, end } = makeReadings()
  one.begin()
  one.again()
  one.again()
  expect(readings).toHaveLength(1)
  await end(0)
  expect(readings).toHaveLength(2)
  await end(1)
  expect(readings).toHaveLength(2)
})

test('a reading that never ends is given up for the next one', () => {
  const { one, readings, pass } = makeReadings()
  one.begin()
  pass(60_000)
  one.poll()
  expect(readings[0]?.signal.aborted).toBe(true)
  expect(readings).toHaveLength(2)
})

test('once it is over, what was asked for meanwhile is not read', async () => {
  const { one, readings, end } = makeReadings()
  one.begin()
  one.again()
  one.end()
  expect(readings[0]?.signal.aborted).toBe(true)
  await end(0)
  expect(readings).toHaveLength(1)
})
