import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { stayAwake } from '../../src/platform/stay-awake.ts'

/** Turns of the event loop in the next 40 ms; one that sleeps has one for each thing that wakes it. */
async function turns(): Promise<number> {
  const before = performance.nodeTiming.uvMetricsInfo.loopCount
  await sleep(40)
  return performance.nodeTiming.uvMetricsInfo.loopCount - before
}

test('the event loop does not sleep until what is awaited is there', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  stayAwake(promise, 10_000)
  expect(await turns()).toBeGreaterThan(200)
  resolve()
})

test.each([
  ['is kept', () => Promise.resolve()],
  ['is refused', () => Promise.reject(new Error('refused'))],
])('it sleeps again once that %s', async (_, until) => {
  expect(await turns()).toBeLessThan(100)
  stayAwake(until(), 10_000)
  expect(await turns()).toBeLessThan(100)
})

test('it sleeps again once the time is over', async () => {
  stayAwake(new Promise(() => {}), 5)
  await sleep(20)
  expect(await turns()).toBeLessThan(100)
})

test('what comes meanwhile is seen to', async () => {
  const began = performance.now()
  stayAwake(sleep(100), 10_000)
  await sleep(10)
  expect(performance.now() - began).toBeLessThan(80)
})
