import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabImage } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { surveySettled } from '../../src/space/settle.ts'
import type { RegistryStorage } from '../../src/storage/storage.ts'
import { type Scene, startScene } from './scene.ts'

/** The storage, or the store of records, fails in the middle of a collection. */
const lab = useRedis()
let scene: Scene
beforeAll(async () => {
  scene = await startScene(() => lab.redis)
})
afterAll(() => scene?.close())

/** Lets a push of an image pass the gate before blobs are taken; the registry looks at what it has just before. */
const whilePushing = (image: LabImage) => async (step: string) => {
  if (step === 'second-survey') await scene.letPass('a')
  if (step === 'take') expect(await scene.direct.putManifests('a', 'in-flight', image)).toBe(201)
}

test('a delete that fails, and takes effect once the blob was put back, loses nothing', async () => {
  const image = await scene.garbage('late delete')
  let late: Promise<unknown> = Promise.resolve()
  const storage: RegistryStorage = {
    ...scene.storage,
    async delete(keys) {
      if (!keys.some((key) => key.startsWith('docker/'))) return scene.storage.delete(keys)
      late = sleep(500).then(() => scene.storage.delete(keys))
      throw new Error('504 Gateway Timeout')
    },
  }
  await expect(scene.collect(whilePushing(image), {}, { storage })).rejects.toThrow('504')
  await late
  await surveySettled(scene.trash, scene.survey)
  expect(await scene.direct.lacking('a', 'in-flight', image)).toEqual([])
})

test('if the record of a collection cannot be written, what was taken is looked at all the same', async () => {
  const image = await scene.garbage('no record')
  const push = whilePushing(image)
  await expect(
    scene.collect(async (step) => {
      await push(step)
      // Nothing is put back in the pause.
      if (step === 'look-again') throw new Error('the pause failed')
      if (step === 'look-after') throw new Error('the store is away')
    }),
  ).rejects.toThrow('the store is away')
  expect(await scene.direct.lacking('a', 'in-flight', image)).toEqual([])
})
