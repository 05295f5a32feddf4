import { setTimeout as sleep } from 'node:timers/promises'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { makeRandom } from '../../lab/random.ts'
import { type LabRgw, startRgw } from '../../lab/rgw.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { STEPS } from '../../src/barrier/steps.ts'
import { emptyTrash } from '../../src/space/empty-trash.ts'
import { surveySettled } from '../../src/space/settle.ts'
import { makeS3Storage } from '../../src/storage/s3-storage.ts'
import type { ChildInput } from './collect-child.ts'
import { collectInChild, QUICK, type Scene, startScene } from './scene.ts'

/**
 * People push, push again what they deleted, mount and delete, while ten collections run, of which some are killed, and the registry
 * is killed as well. In the end every tag is whole, and what was promised came back.
 */
const lab = useRedis()
const REPOSITORIES = ['a', 'b', 'c']
const COLLECTIONS = 10
const SEEDS = 12

function workload(open: () => Promise<{ scene: Scene; storage: ChildInput['storage']; clocksMs: number }>) {
  let bed: Awaited<ReturnType<typeof open>>
  beforeAll(async () => {
    bed = await open()
  })
  afterAll(() => bed?.scene.close())

  test('every tag is whole after ten collections beside pushes, and bytes freed are bytes promised', async () => {
    const { scene, storage } = bed
    const seed = Math.floor(Math.random() * 2 ** 31)
    process.stdout.write(`seed ${seed}\n`)
    /** What tags must name, as the registry confirmed it. */
    const tags = new Map<string, { repository: string; tag: string; image: LabImage }>()
    let isOver = false

    async function person(n: number) {
      const random = makeRandom(seed + n)
      const pick = random.int
      const mine: { repository: string; tag: string; image: LabImage }[] = []
      for (let i = 0; !isOver; i++) {
        // Few layers, so that what is garbage is pushed again all the time.
        const layers = [0, 1].map(() => ({ seed: `layer ${pick(SEEDS)}`, bytes: 2_000 }))
        const image = makeImage({ layers, label: `label ${pick(4)}` })
        const repository = random.of(REPOSITORIES)
        const tag = `p${n}-${i}`
        try {
          const [first] = image.blobs.keys()
          if (pick(3) === 0 && first !== undefined) await scene.gated.mount(repository, first, 'a')
          const status = await scene.gated.push(repository, tag, image)
          if (status === 201) mine.push({ repository, tag, image })
          if (status === 201) tags.set(`${repository}:${tag}`, { repository, tag, image })
          if (mine.length > 5) {
            // A delete takes all tags of the image, also those of others.
            const [old] = mine.splice(pick(mine.length), 1)
            if (old === undefined) continue
            for (const [key, one] of tags)
              if (one.repository === old.repository && one.image.root.digest === old.image.root.digest)
                tags.delete(key)
            await scene.gated.remove(old.repository, old.image.root.digest).catch(() => {})
          }
        } catch {
          // The registry was killed.
          await sleep(100)
        }
        await sleep(pick(40))
      }
    }

    const people = [1, 2, 3, 4].map(person)
    const random = makeRandom(seed)
    let killed = 0
    const failures: Error[] = []
    for (let n = 0; n < COLLECTIONS; n++) {
      await sleep(300)
      // Each collection comes to its second survey; to other steps only if there is garbage.
      const dieAt = n === 1 ? 'second-survey' : n % 3 === 1 ? random.of(STEPS) : undefined
      const settings = { ...QUICK, clocksMs: bed.clocksMs }
      const collecting = collectInChild({
        ...{ redis: lab.server.url, storage, settings },
        ...(dieAt && { dieAt, after: random.int(20) }),
      }).catch((error: Error) => error)
      if (n % 4 === 2) {
        await sleep(400)
        await scene.killRegistry()
      }
      const collected = await collecting
      if (collected === undefined) killed++
      if (collected instanceof Error) failures.push(collected)
    }
    isOver = true
    await Promise.all(people)
    expect(failures, `seed ${seed}`).toEqual([])
    expect(killed).toBeGreaterThan(0)
    expect(tags.size).toBeGreaterThan(10)

    await surveySettled(scene.trash, scene.survey)
    const lacking = new Map<string, string[]>()
    for (const [key, { repository, tag, image }] of tags) {
      const lacks = await scene.direct.lacking(repository, tag, image)
      if (lacks.length > 0) lacking.set(key, lacks)
    }
    expect(lacking, `seed ${seed}`).toEqual(new Map())

    // Nobody pushes any more: the last collection takes all, and its bytes come back with the trash.
    await sleep(bed.clocksMs + 1_100)
    const before = await scene.survey()
    const last = await scene.collect(undefined, { clocksMs: bed.clocksMs })
    expect(last.promised).toEqual({
      blobs: before.candidates.length,
      bytes: before.candidates.reduce((sum, { size }) => sum + size, 0),
    })
    expect(last.moved).toEqual(last.promised)
    await emptyTrash(scene.trash, Date.now() + 60_000)
    const after = await scene.survey()
    expect(after.candidates).toEqual([])
    expect(after.parts.trash.bytes).toBe(0)
    for (const { repository, tag, image } of tags.values())
      expect(await scene.direct.lacking(repository, tag, image)).toEqual([])
  }, 600_000)
}

describe('on a folder', () => {
  workload(async () => {
    const scene = await startScene(() => lab.redis)
    return { scene, storage: { folder: scene.registry.storage }, clocksMs: 50 }
  })
})

describe.skipIf(process.env.LAB_S3 === undefined)('on a RADOS Gateway', () => {
  let rgw: LabRgw
  afterAll(() => rgw?.close())
  workload(async () => {
    rgw = await startRgw()
    const { endpoint, region, credentials } = rgw
    const bucket = 'workload'
    const s3 = { endpoint, region, credentials, bucket, prefix: '', forcePathStyle: true }
    const client = new S3Client(s3)
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    client.destroy()
    const driver = `  s3:
    region: ${region}
    regionendpoint: ${endpoint}
    bucket: ${bucket}
    accesskey: ${credentials.accessKeyId}
    secretkey: ${credentials.secretAccessKey}
    secure: false`
    const scene = await startScene(() => lab.redis, { storage: driver, openStorage: () => makeS3Storage(s3) })
    return { scene, storage: { s3 }, clocksMs: 1_000 }
  })
})
