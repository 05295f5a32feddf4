import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { STEPS, type Step } from '../../src/barrier/steps.ts'
import { revisionKey } from '../../src/storage/layout.ts'
import { QUICK, type Scene, startScene } from './scene.ts'

/**
 * A push beside a collection, at each step of it, with a real registry. The rule for all of them: an image of which the registry
 * took the manifest is whole afterwards.
 */
const lab = useRedis()
let scene: Scene
beforeAll(async () => {
  scene = await startScene(() => lab.redis)
})
afterAll(() => scene?.close())

let images = 0
/** An image that was pushed to `a` and deleted again: all of it is garbage. */
async function garbage(): Promise<LabImage> {
  const seed = `image ${++images}`
  const image = makeImage({
    layers: [
      { seed, bytes: 2_000 },
      { seed: `${seed}'`, bytes: 500 },
    ],
    label: seed,
  })
  expect(await scene.direct.push('a', 'gone', image)).toBe(201)
  await scene.direct.remove('a', image.root.digest)
  await sleep(2 * QUICK.clocksMs)
  return image
}

/** Collects, and does something at a step of it, without waiting if the gate is closed then. */
async function collectWith(step: Step, act: () => Promise<number>) {
  let acting: Promise<number> | undefined
  const collected = await scene.collect(async (now) => {
    if (now !== step || acting !== undefined) return
    acting = act()
    const isHeld = ['look', 'take', 'look-again'].includes(step)
    if (!isHeld) await acting
  })
  return { collected, status: await acting }
}

/** The steps at which a request that has passed the gate before may still be under way. */
const HELD: readonly Step[] = ['look', 'take', 'look-again', 'open']

const [blobOf, otherBlobOf] = [0, 1].map(
  (n) => (image: LabImage) => [...image.blobs][n] ?? ['', Buffer.alloc(0)],
)

describe.each(STEPS)('at the step %s', (step) => {
  test('an image that was collected is pushed anew, as clients do', async () => {
    const image = await garbage()
    const { status } = await collectWith(step, () => scene.gated.push('a', 'again', image))
    expect(status).toBe(201)
    expect(await scene.direct.lacking('a', 'again', image)).toEqual([])
  })

  test('a client that was told that a blob is there pushes the manifest once all is over', async () => {
    const image = await garbage()
    let isThere = false
    const [digest, bytes] = blobOf?.(image) ?? ['', Buffer.alloc(0)]
    await collectWith(step, async () => {
      isThere = await scene.gated.has('a', digest)
      if (!isThere) await scene.gated.upload('a', bytes)
      for (const [other, content] of image.blobs) if (other !== digest) await scene.gated.upload('a', content)
      return 0
    })
    // It was told so since the collection began, so it was not taken, or it had to upload it.
    expect(await scene.gated.putManifests('a', 'again', image)).toBe(201)
    expect(await scene.direct.lacking('a', 'again', image)).toEqual([])
  })

  test('a blob is mounted in another repository, and the image pushed there once all is over', async () => {
    const image = await garbage()
    await collectWith(step, async () => {
      for (const [digest, bytes] of image.blobs)
        if ((await scene.gated.mount('b', digest, 'a')) !== 201) await scene.gated.upload('b', bytes)
      return 0
    })
    expect(await scene.gated.putManifests('b', 'mounted', image)).toBe(201)
    expect(await scene.direct.lacking('b', 'mounted', image)).toEqual([])
  })

  test('an upload that began long before ends, and finds the blob there', async () => {
    const image = await garbage()
    const [first, second] = [blobOf?.(image), otherBlobOf?.(image)]
    const old = await scene.direct.begin('a')
    await collectWith(step, async () => scene.gated.finish(old, first?.[1] ?? Buffer.alloc(0)))
    expect(await scene.gated.upload('a', second?.[1] ?? Buffer.alloc(0))).toBe(201)
    for (const [digest, bytes] of image.blobs)
      if (!(await scene.gated.has('a', digest))) await scene.gated.upload('a', bytes)
    expect(await scene.gated.putManifests('a', 'old-upload', image)).toBe(201)
    expect(await scene.direct.lacking('a', 'old-upload', image)).toEqual([])
  })

  test('the same manifest is pushed again, and nothing else', async () => {
    const image = await garbage()
    const { status } = await collectWith(step, () => scene.gated.putManifests('a', 'same', image))
    // The registry refuses a manifest whose blobs were taken a moment before. It may not take one and have it broken.
    expect([201, 400]).toContain(status)
    if (status === 201) expect(await scene.direct.lacking('a', 'same', image)).toEqual([])
    else expect(await scene.gated.push('a', 'same', image)).toBe(201)
    expect(await scene.direct.lacking('a', 'same', image)).toEqual([])
  })

  if (HELD.includes(step))
    test('requests that had passed the gate come to their end', async () => {
      const [pushed, mounted, same] = [await garbage(), await garbage(), await garbage()]
      let statuses: number[] = []
      const { collected } = await collectWith(step, async () => {
        statuses = await Promise.all([
          scene.direct.push('a', 'passed', pushed),
          scene.direct.putManifests('a', 'same', same),
          ...[...mounted.blobs.keys()].map((digest) => scene.direct.mount('c', digest, 'a')),
        ])
        return 0
      })
      expect(collected.promised.blobs).toBeGreaterThan(0)
      for (const [n, tag, image] of [
        [0, 'passed', pushed],
        [1, 'same', same],
      ] as const) {
        if (statuses[n] !== 201) expect(await scene.gated.push('a', tag, image)).toBe(201)
        expect(await scene.direct.lacking('a', tag, image)).toEqual([])
      }
      for (const [digest, bytes] of mounted.blobs)
        if (!(await scene.gated.has('c', digest))) await scene.gated.upload('c', bytes)
      expect(await scene.gated.putManifests('c', 'mounted', mounted)).toBe(201)
      expect(await scene.direct.lacking('c', 'mounted', mounted)).toEqual([])
    })
})

test('what a request that had passed pushes while blobs are taken away is whole before pushes go on', async () => {
  const image = await garbage()
  let status: Promise<number> | undefined
  let lacking: string[] = []
  await scene.collect(async (step) => {
    if (step === 'second-survey') await scene.letPass('a')
    if (step === 'take') status = scene.direct.putManifests('a', 'in-flight', image)
    if (step === 'take') await status
    if (step === 'open') lacking = await scene.direct.lacking('a', 'in-flight', image)
  })
  expect(await status).toBe(201)
  expect(lacking).toEqual([])
})

test('what was pushed before pushes wait is not even taken', async () => {
  const image = await garbage()
  const collected = await scene.collect(async (step) => {
    if (step === 'second-survey') await scene.letPass('a')
    if (step === 'close') await scene.direct.putManifests('a', 'before', image)
  })
  expect(collected).toMatchObject({ putBack: 0, kept: image.blobs.size + image.manifests.size })
})

test('a manifest whose link is written late, once pushes go on, is whole at the end', async () => {
  const image = await garbage()
  const link = revisionKey('a', image.root.digest)
  await scene.collect(async (step) => {
    if (step !== 'open') return
    // The registry has looked whether all is there, and was slow to write this.
    await mkdir(dirname(join(scene.registry.storage, link)), { recursive: true })
    await writeFile(join(scene.registry.storage, link), image.root.digest)
  })
  expect(await scene.direct.putManifests('a', 'late', image)).toBe(201)
  expect(await scene.direct.lacking('a', 'late', image)).toEqual([])
})

test('what nobody asks for is in the trash afterwards, and nowhere else', async () => {
  const image = await garbage()
  const { promised, moved, putBack, kept } = await scene.collect()
  expect(moved).toEqual(promised)
  expect({ putBack, kept }).toEqual({ putBack: 0, kept: 0 })
  expect(promised.blobs).toBeGreaterThanOrEqual(image.blobs.size + image.manifests.size)
  expect(await scene.direct.has('a', image.root.digest)).toBe(false)
  const trashed = (await Array.fromAsync(scene.trash.list())).map(({ digest }) => digest)
  expect(trashed).toEqual(expect.arrayContaining([...image.blobs.keys(), image.root.digest]))
  expect((await scene.survey()).candidates).toEqual([])
})
