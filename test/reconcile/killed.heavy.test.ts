import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
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
  storage = makeRegistryFolder(1_500, { projects: 60, repositories: 3, imagesPerBase: 20 })
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

/** A manifest in the middle of the storage's repositories, in the order in which they are read. */
function manifestInTheMiddle(): string {
  const registry = join(storage.root, 'docker/registry/v2')
  const repositories = readdirSync(join(registry, 'repositories'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/_manifests'))
    .sort()
  const revisions = `${repositories[repositories.length / 2]}/revisions/sha256`
  const [hex = ''] = readdirSync(join(registry, 'repositories', revisions))
  return join(registry, 'blobs/sha256', hex.slice(0, 2), hex, 'data')
}

test('a reconcile whose worker is killed goes on where it stopped, with the same result', async () => {
  const ledger = makeLedger({ redis, prefix: 't' })
  const index = makeUsageIndex({ redis, prefix: 't' })
  const repositoriesDone = async () => (await ledger.unfinishedRun('ci'))?.repositories ?? 0
  const request = {
    ...{ registry: 'ci', dryRun: false, acceptLoss: false, origin: 'person' as const, reason: 'test' },
  }
  // A worker that opens a pipe without a writer waits for ever, so it cannot finish before it is killed.
  const manifest = manifestInTheMiddle()
  await rename(manifest, `${manifest}.kept`)
  execFileSync('mkfifo', [manifest])
  let worker = await startWorker()
  try {
    const { id = '' } = await queues.reconcile.add('reconcile', request)
    await eventually(repositoriesDone, (count) => count > 20)
    await worker.stop('SIGKILL')
    await rename(`${manifest}.kept`, manifest)
    const { readAt } = (await ledger.unfinishedRun('ci')) ?? {}
    expect((await ledger.status('ci')).exact).toBeUndefined()
    await takeFromTheDead(redis, 't', 'reconcile', id)

    worker = await startWorker()
    await expect.poll(() => queues.reconcile.getJobState(id)).toBe('completed')
    const { exact, lastReport } = await ledger.status('ci')
    expect(exact).toEqual({ since: readAt, images: 0, repositories: 0 })
    expect(lastReport).toMatchObject({ repositories: 180, failed: 0, unreadable: 0 })
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
})
