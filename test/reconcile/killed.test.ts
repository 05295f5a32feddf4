import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRegistryFolder } from '../../bench/registry-folder.ts'
import { type Started, startProcess } from '../../lab/process.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { takeFromTheDead } from '../../lab/stalled-job.ts'
import { usageFromStorage } from '../../lab/storage-truth.ts'
import { eventually } from '../../lab/tallyman.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeLedger } from '../../src/reconcile/ledger.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

let folder: string
let server: LabRedis
let redis: Redis
let queues: Queues
let storage: ReturnType<typeof makeRegistryFolder>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-killed-'))
  server = await startRedis()
  redis = new Redis(server.port, { maxRetriesPerRequest: null })
  queues = makeQueues(redis, 't')
  storage = makeRegistryFolder(1_500, { projects: 60, repositories: 3, onOneBase: 20 })
})
afterAll(async () => {
  storage?.remove()
  if (queues) await closeQueues(queues)
  redis?.disconnect()
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

/** `node workers/main.ts reconcile`. */
async function startWorker(): Promise<Started> {
  const file = join(folder, 'tallyman.yaml')
  await writeFile(
    file,
    `server: { readToken: killed-read-token-1, adminToken: killed-admin-token }
redis: { prefix: t }
registries: { ci: { url: http://127.0.0.1:1, storage: { type: folder, path: ${storage.root} } } }
store: { type: folder, path: ${folder}/store }
`,
  )
  const logFile = join(folder, `worker-${Date.now()}.log`)
  return startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, '../../workers/main.ts'), 'reconcile'],
    env: { PATH: process.env.PATH, TALLYMAN_CONFIG: file, REDIS_URL: server.url },
    logFile,
    ready: async () => (await readFile(logFile, 'utf8')).includes('tallyman is up'),
  })
}

test('a reconcile whose worker is killed half-way goes on where it was, and ends the same', async () => {
  const ledger = makeLedger({ redis, prefix: 't' })
  const index = makeUsageIndex({ redis, prefix: 't' })
  const repositoriesDone = async () => (await ledger.run('ci'))?.repositories ?? 0
  const request = { registry: 'ci', dryRun: false, reason: 'test' }
  let worker = await startWorker()
  try {
    const { id = '' } = await queues.reconcile.add('reconcile', request)
    const done = await eventually(repositoriesDone, (count) => count > 20)
    await worker.stop('SIGKILL')
    expect(done).toBeLessThan(180)
    const { readAt } = (await ledger.run('ci')) ?? {}
    expect((await ledger.standing('ci')).exactSince).toBeUndefined()
    await takeFromTheDead(redis, 't', 'reconcile', id)

    worker = await startWorker()
    await expect.poll(() => queues.reconcile.getJobState(id)).toBe('completed')
    const { exactSince, last } = await ledger.standing('ci')
    expect(exactSince).toBe(readAt)
    expect(last).toMatchObject({ repositories: 180, failed: 0, unreadable: 0 })
  } finally {
    await worker.stop()
  }
  const { projects, totalBytes } = usageFromStorage(storage.root)
  expect(await index.registryBytes('ci')).toBe(totalBytes)
  const ids = await index.projects('ci')
  const sums = { unique: 0, exclusive: 0, tags: 0 }
  for (const id of ids) {
    const usage = await index.usage(id)
    sums.unique += usage?.referencedBytes ?? 0
    sums.exclusive += usage?.unreferencedBytes ?? 0
    sums.tags += usage?.tags ?? 0
  }
  const truth = [...projects.values()]
  expect(sums).toEqual({
    unique: truth.reduce((sum, usage) => sum + usage.referencedBytes, 0),
    exclusive: truth.reduce((sum, usage) => sum + usage.unreferencedBytes, 0),
    tags: 1_500,
  })
}, 240_000)
