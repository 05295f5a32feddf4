import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { pace } from '../../src/events/pace.ts'

/** Counts turns of the event loop while `work` runs. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let turns = 0
  let isOver = false
  const count = () => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await work()
  isOver = true
  return turns
}

function beBusy(ms: number) {
  for (const end = performance.now() + ms; performance.now() < end; );
}

beforeEach(() => nextTurn())

test('others get a turn between pieces of work that fill one', async () => {
  const turns = await turnsDuring(async () => {
    for (let piece = 0; piece < 5; piece++) {
      await pace()
      beBusy(11)
    }
  })
  expect(turns).toBeGreaterThanOrEqual(4)
})

test('tasks that run at the same time share a turn, so that they do not fill it one after the other', async () => {
  const task = async () => {
    await pace()
    beBusy(11)
  }
  expect(await turnsDuring(() => Promise.all(Array.from({ length: 5 }, task)).then())).toBeGreaterThanOrEqual(
    4,
  )
})

test('work that is quick goes on in the same turn', async () => {
  let isLater = false
  setImmediate(() => {
    isLater = true
  })
  await pace()
  await pace()
  expect(isLater).toBe(false)
})
