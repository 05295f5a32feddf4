import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { QUICK, type Scene, startScene } from './scene.ts'

/** Contents and names that are rare, and that a registry takes. Nothing of them may go. */
const lab = useRedis()
let scene: Scene
beforeAll(async () => {
  scene = await startScene(() => lab.redis)
})
afterAll(() => scene?.close())

// The first part of a name may be a host, for a registry (distribution, reference/regexp.go).
test.each([
  'Team/app',
  'registry.example.com/app',
  'a/blobs/b',
  'x/manifests',
  'a/blobs/uploads',
  'uploads/blobs',
])('an image of the repository %s stays whole', async (repository) => {
  const image = makeImage({ layers: [{ seed: repository, bytes: 2_000 }], label: repository })
  expect(await scene.direct.push(repository, 'v1', image)).toBe(201)
  await sleep(2 * QUICK.clocksMs)
  await scene.collect()
  expect(await scene.direct.lacking(repository, 'v1', image)).toEqual([])
})
