import { setTimeout as sleep } from 'node:timers/promises'
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

const PAUSE = { pauseMs: 1_000 }

/** Makes the first so many looks take too long. */
function slowLooks(count: number) {
  const looks = { begun: 0 }
  const at = async (step: string) => {
    if (step === 'look' && ++looks.begun <= count) await sleep(PAUSE.pauseMs + 100)
  }
  return { at, looks }
}

test('a pause in which nothing could be taken is followed by another', async () => {
  await scene.garbage('one slow look')
  const { at, looks } = slowLooks(2)
  const { promised, moved, pausesMs } = await scene.collect(at, PAUSE)
  expect(moved).toEqual(promised)
  expect(moved.blobs).toBeGreaterThan(0)
  expect(pausesMs.length).toBe(looks.begun)
  expect(looks.begun).toBeGreaterThanOrEqual(3)
})

test('after three of them a collection gives up, has taken nothing, and pushes go on', async () => {
  const image = await scene.garbage('slow looks')
  const trashed = () => Array.fromAsync(scene.trash.list())
  const before = await trashed()
  const { at, looks } = slowLooks(Number.POSITIVE_INFINITY)
  await expect(scene.collect(at, PAUSE)).rejects.toThrow('and may wait for 1000 ms: allow more')
  expect(looks.begun).toBe(3)
  expect(await trashed()).toEqual(before)
  expect(await scene.gated.push('b', 'v1', image)).toBe(201)
  expect(await scene.direct.lacking('b', 'v1', image)).toEqual([])
})
