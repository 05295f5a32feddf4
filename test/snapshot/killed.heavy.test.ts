import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Started, startProcess } from '../../lab/process.ts'
import { takeFromTheDead } from '../../lab/stalled-job.ts'
import { eventually } from '../../lab/tallyman.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { answersOf, noProgress, type SnapshotBed, startBed } from './snapshot-bed.ts'

let bed: SnapshotBed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())

const PROJECTS = 400

/** Starts `node workers/main.ts snapshot` on the Redis and the store of the bed. */
async function startWorker(): Promise<Started> {
  const file = join(bed.folder, 'tallyman.yaml')
  await writeFile(
    file,
    `server: { readToken: killed-read-token-1, adminToken: killed-admin-token }
redis: { prefix: t }
registries: { ci: { url: http://127.0.0.1:1 }, production: { url: http://127.0.0.1:2 } }
store: { type: folder, path: ${bed.folder} }
`,
  )
  const logFile = join(bed.folder, `worker-${Date.now()}.log`)
  return startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, '../../workers/main.ts'), 'snapshot'],
    env: { PATH: process.env.PATH, TALLYMAN_CONFIG: file, REDIS_URL: bed.url },
    logFile,
    ready: async () => (await readFile(logFile, 'utf8')).includes('tallyman is up'),
  })
}

const links = Array.from(
  { length: 300 },
  (_, n): Fact => ({
    ...{ kind: 'link', repository: 'app', at: 1_795_449_746_518_381 + n, size: n },
    digest: `sha256:${n.toString(16).padStart(64, '0')}`,
  }),
)

test('a restore whose worker is killed half-way is finished by the next worker', async () => {
  const { index, write } = bed.open()
  const projects = Array.from({ length: PROJECTS }, (_, n) => `ci/project-${n}`)
  for (const project of projects) await index.apply(project, links)
  const answers = await answersOf(index)
  const { key } = await write(noProgress)
  await bed.lose()

  const queues = makeQueues(bed.redis, 't')
  const restored = async () => (await bed.open().index.projects('ci')).length
  let worker = await startWorker()
  try {
    const { id = '' } = await queues.snapshot.add('snapshot', { kind: 'restore', key: key ?? '' })
    await eventually(restored, (count) => count > 20)
    await worker.stop('SIGKILL')
    expect(await restored()).toBeLessThan(PROJECTS)
    expect(await bed.redis.get('t:restoring')).toBe(key)
    await takeFromTheDead(bed.redis, 't', 'snapshot', id)

    worker = await startWorker()
    await expect.poll(() => queues.snapshot.getJobState(id)).toBe('completed')
    expect((await queues.snapshot.getJob(id))?.returnvalue).toMatchObject({
      projects: PROJECTS,
      reconciling: ['ci'],
    })
    expect(await answersOf(bed.open().index)).toEqual(answers)
    expect(await bed.redis.get('t:restoring')).toBeNull()
  } finally {
    await worker.stop()
    await closeQueues(queues)
  }
})
