import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { STEPS } from '../../src/barrier/steps.ts'
import { surveySettled } from '../../src/space/settle.ts'
import { collectInChild, QUICK, type Scene, startScene } from './scene.ts'

/** Tallyman is killed at each step of a collection, beside pushes. */
const lab = useRedis()
let scene: Scene
beforeAll(async () => {
  scene = await startScene(() => lab.redis)
})
afterAll(() => scene?.close())

test.each(STEPS)(
  'it is killed at the step %s: pushes go on, images are whole, and the next one collects',
  async (step) => {
    const imageOf = (name: string) =>
      makeImage({ layers: [{ seed: `${step} ${name}`, bytes: 3_000 }], label: `${step} ${name}` })
    const [again, gone] = [imageOf('again'), imageOf('gone')]
    for (const image of [again, gone]) {
      expect(await scene.direct.push('a', 'old', image)).toBe(201)
      await scene.direct.remove('a', image.root.digest)
    }
    await sleep(2 * QUICK.clocksMs)
    const input = {
      ...{ redis: lab.server.url, storage: { folder: scene.registry.storage }, settings: QUICK },
    }
    expect(await collectInChild({ ...input, dieAt: step })).toBeUndefined()

    // If the gate was closed, it opens by itself.
    expect(await scene.gated.push('a', `after-${step}`, again)).toBe(201)
    expect(await scene.direct.lacking('a', `after-${step}`, again)).toEqual([])
    await surveySettled(scene.trash, scene.survey)
    expect(await scene.direct.lacking('a', `after-${step}`, again)).toEqual([])

    await sleep(2 * QUICK.clocksMs)
    await scene.collect()
    expect((await scene.survey()).candidates).toEqual([])
    expect(await scene.direct.has('a', [...gone.blobs.keys()][0] ?? '')).toBe(false)
    expect(await scene.direct.lacking('a', `after-${step}`, again)).toEqual([])
  },
)
