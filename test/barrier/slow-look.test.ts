import { afterAll, beforeAll, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { type Scene, startScene } from './scene.ts'

/** To look at what was pushed meanwhile takes longer than pushes may wait. */
const lab = useRedis()
let scene: Scene
beforeAll(async () => {
  scene = await startScene(() => lab.redis)
})
afterAll(() => scene?.close())

/** Looks that really take time fit into it, also on a busy machine. */
const PAUSE = { pauseMs: 10_000 }

/** Makes the first so many looks take `ms`, on a clock of its own. */
function slowLooks(count: number, ms = PAUSE.pauseMs + 100) {
  const steps: string[] = []
  let looks = 0
  let aheadMs = 0
  const more = {
    clock: () => performance.now() + aheadMs,
    /** It is asked in each look. */
    async pushedTo() {
      if (++looks <= count) aheadMs += ms
      return []
    },
  }
  const at = async (step: string) => void steps.push(step)
  return { at, steps, more, pauses: () => steps.filter((step) => step === 'look').length }
}

test('a pause in which nothing could be taken is followed by another', async () => {
  await scene.garbage('two slow looks')
  const { at, pauses, more } = slowLooks(2)
  const { promised, moved, pausesMs } = await scene.collect(at, PAUSE, more)
  expect(moved).toEqual(promised)
  expect(moved.blobs).toBeGreaterThan(0)
  expect(pausesMs.length).toBe(pauses())
  expect(pauses()).toBeGreaterThanOrEqual(3)
})

test('in a pause in which nothing could be taken there is no second look', async () => {
  await scene.garbage('no second look')
  const { at, steps, more } = slowLooks(1)
  await scene.collect(at, PAUSE, more)
  const first = steps.slice(steps.indexOf('close'), steps.indexOf('open') + 1)
  expect(first).toEqual(['close', 'look', 'take', 'open'])
  expect(steps).toContain('look-again')
})

test('pushes wait no longer if the time of the machine goes back meanwhile', async () => {
  await scene.garbage('time goes back')
  const { at, pauses, more } = slowLooks(1)
  const now = () => Date.now() - (pauses() > 0 ? 3_600_000 : 0)
  const { promised, moved, pausesMs } = await scene.collect(at, PAUSE, { ...more, now })
  expect(moved).toEqual(promised)
  expect(pausesMs.length).toBeGreaterThanOrEqual(2)
  for (const ms of pausesMs) expect(ms).toBeGreaterThan(0)
})

test('after three of them a collection gives up, has taken nothing, and pushes go on', async () => {
  const image = await scene.garbage('slow looks')
  const trashed = () => Array.fromAsync(scene.trash.list())
  const before = await trashed()
  // One of them fits, and two do not.
  const { at, pauses, more } = slowLooks(Number.POSITIVE_INFINITY, 6_000)
  await expect(scene.collect(at, PAUSE, more)).rejects.toThrow(
    /took \d+ ms, there are two looks in a pause, and pushes may wait for 10000 ms: allow more/,
  )
  expect(pauses()).toBe(3)
  expect(await trashed()).toEqual(before)
  expect(await scene.gated.push('b', 'v1', image)).toBe(201)
  expect(await scene.direct.lacking('b', 'v1', image)).toEqual([])
})
