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

/** Makes the first so many looks take too long, on a clock of its own. */
function slowLooks(count: number) {
  const steps: string[] = []
  const looks = { begun: 0 }
  let aheadMs = 0
  const at = async (step: string) => {
    steps.push(step)
    if (step === 'look' && ++looks.begun <= count) aheadMs += PAUSE.pauseMs + 100
  }
  return { at, looks, steps, clock: () => performance.now() + aheadMs }
}

test('a pause in which nothing could be taken is followed by another', async () => {
  await scene.garbage('two slow looks')
  const { at, looks, clock } = slowLooks(2)
  const { promised, moved, pausesMs } = await scene.collect(at, PAUSE, { clock })
  expect(moved).toEqual(promised)
  expect(moved.blobs).toBeGreaterThan(0)
  expect(pausesMs.length).toBe(looks.begun)
  expect(looks.begun).toBeGreaterThanOrEqual(3)
})

test('in a pause in which nothing could be taken there is no second look', async () => {
  await scene.garbage('no second look')
  const { at, steps, clock } = slowLooks(1)
  await scene.collect(at, PAUSE, { clock })
  const first = steps.slice(steps.indexOf('close'), steps.indexOf('open') + 1)
  expect(first).toEqual(['close', 'look', 'take', 'open'])
  expect(steps).toContain('look-again')
})

test('pushes wait no longer if the time of the machine goes back meanwhile', async () => {
  await scene.garbage('time goes back')
  const { at, looks, clock } = slowLooks(1)
  const now = () => Date.now() - (looks.begun > 0 ? 3_600_000 : 0)
  const { promised, moved, pausesMs } = await scene.collect(at, PAUSE, { clock, now })
  expect(moved).toEqual(promised)
  expect(pausesMs.length).toBeGreaterThanOrEqual(2)
  for (const ms of pausesMs) expect(ms).toBeGreaterThan(0)
})

test('after three of them a collection gives up, has taken nothing, and pushes go on', async () => {
  const image = await scene.garbage('slow looks')
  const trashed = () => Array.fromAsync(scene.trash.list())
  const before = await trashed()
  const { at, looks, clock } = slowLooks(Number.POSITIVE_INFINITY)
  await expect(scene.collect(at, PAUSE, { clock })).rejects.toThrow('and may wait for 10000 ms: allow more')
  expect(looks.begun).toBe(3)
  expect(await trashed()).toEqual(before)
  expect(await scene.gated.push('b', 'v1', image)).toBe(201)
  expect(await scene.direct.lacking('b', 'v1', image)).toEqual([])
})
