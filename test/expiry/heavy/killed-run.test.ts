import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { byHand, type Expiring, startExpiring } from '../../../lab/expiring.ts'
import { contentAfter, contentOf, SCENE_RULES, scenePushes } from '../../../lab/expiry-scene.ts'
import { type Started, startProcess } from '../../../lab/process.ts'
import { makeRandom } from '../../../lab/random.ts'
import { outside } from '../../../lab/run-program.ts'
import { takeFromTheDead } from '../../../lab/stalled-job.ts'
import { QUEUE_NAMES } from '../../../src/queue/jobs.ts'

/** The process that deletes is killed at a random moment of a run. The next process and a second run must end the same as without. */
const MOMENTS = 5
const SEED = 15
const pushes = scenePushes()
const stay = pushes.filter(({ fate }) => fate === 'stays')
const repositoryOf = (n: number) => `team/app-${n}`
const policyOf = (n: number) => `clean-${n}`
let scene: Expiring
let worker: Started
let redis: Redis

beforeAll(async () => {
  const policies = Array.from({ length: MOMENTS + 1 }, (_, n) => ({
    ...{
      name: policyOf(n),
      match: { registry: 'ci', repository: repositoryOf(n) },
      ...byHand,
      rules: SCENE_RULES,
    },
  }))
  const queues = QUEUE_NAMES.filter((name) => name !== 'expiry')
  scene = await startExpiring({ registries: { ci: {} }, expiry: { policies }, queues })
  redis = new Redis(scene.tallyman.redis.port, { maxRetriesPerRequest: null })
  for (const n of policies.keys())
    for (const { tag, image } of pushes) await scene.registry('ci').push(repositoryOf(n), tag, image)
  await scene.settle()
  await scene.tallyman.reconcile('ci')
  worker = await startWorker()
})
afterAll(async () => {
  redis?.disconnect()
  await worker?.stop('SIGKILL')
  await scene?.close()
})

let workers = 0
function startWorker(): Promise<Started> {
  const { folder, redis } = scene.tallyman
  const logFile = join(folder, `worker-${++workers}.log`)
  return startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, '../../../workers/main.ts'), 'expiry'],
    env: { ...outside, TALLYMAN_CONFIG: join(folder, 'tallyman.yaml'), REDIS_URL: redis.url },
    logFile,
    ready: async () => (await readFile(logFile, 'utf8')).includes('tallyman is up'),
  })
}

const content = (n: number) => contentOf(scene.registry('ci'), repositoryOf(n), pushes)

test('a run ends the same if its process is killed at any moment, and all that it deleted can be restored', async () => {
  const { faults } = scene.registry('ci')
  faults.reset()
  expect(await scene.run(policyOf(0), 'ci')).toMatchObject({ state: 'done' })
  const requests = faults.requests.length
  expect(await content(0)).toEqual(contentAfter(stay))

  const random = makeRandom(SEED)
  for (let n = 1; n <= MOMENTS; n++) {
    // One moment in each fifth of the run.
    const moment = 1 + Math.floor(((n - 1) * requests) / MOMENTS) + random.int(Math.floor(requests / MOMENTS))
    const isDropped = random.isOneIn(2)
    const where = `seed ${SEED}: killed at request ${moment} of ${requests}, which ${isDropped ? 'is dropped' : 'goes on'}`
    faults.reset()
    faults.onRequest(() => {
      if (faults.requests.length < moment) return undefined
      worker.child.kill('SIGKILL')
      return isDropped ? 'drop' : undefined
    })
    const ended = once(worker.child, 'exit')
    const { status, body } = await scene.post('/v1/expiry/runs', {
      policy: policyOf(n),
      registry: 'ci',
      dryRun: false,
    })
    expect(status, where).toBe(202)
    await ended
    faults.reset()

    await takeFromTheDead(redis, 'tallyman', 'expiry', (body as { job: string }).job)
    worker = await startWorker()
    await expect
      .poll(() => scene.tallyman.get<{ state: string }>(`/v1/expiry/runs/${(body as { run: string }).run}`))
      .toMatchObject({ state: 'done' })
    await scene.settle()
    expect(await scene.run(policyOf(n), 'ci'), where).toMatchObject({ state: 'done' })
    expect(await content(n), where).toEqual(contentAfter(stay))

    const path = `/v1/trash?registry=ci&repository=${repositoryOf(n)}&limit=1000`
    for (const { id } of (await scene.tallyman.get<{ images: { id: string }[] }>(path)).images) {
      const restored = await scene.post(`/v1/trash/${encodeURIComponent(id)}/restore`)
      expect(restored.status, `${where}: ${id}: ${JSON.stringify(restored.body)}`).toBe(200)
    }
    expect(await content(n), where).toEqual(contentAfter(pushes))
  }
})
