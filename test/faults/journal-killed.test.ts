import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { type LabService, makeService } from '../../lab/service.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { readJournal } from '../../src/replay/read-journal.ts'
import { makeWriteJournal } from '../../src/replay/write-journal.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

let folder: string
let redis: LabRedis
let service: LabService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-journal-'))
  redis = await startRedis()
  service = await makeService({
    redisUrl: redis.url,
    config: { store: { type: 'folder', path: folder }, journal: { enabled: true } },
  })
})
afterAll(async () => {
  await service?.close()
  await redis?.close()
  await rm(folder, { recursive: true, force: true })
})

const event = (n: number) => ({
  ...{ id: `event-${n}`, timestamp: RECENTLY, action: 'pull' },
  target: {
    ...{
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 500,
      repository: `team/app-${n % 5}`,
    },
    digest: `sha256:${n.toString(16).padStart(64, '0')}`,
  },
  request: { method: 'GET' },
})

async function deliver(n: number): Promise<boolean> {
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [event(n)] }),
  })
  await answer.body?.cancel()
  return answer.status === 202
}

test('each accepted event is in the journal, and is read once, although workers and writers are killed', async () => {
  await service.startApi()
  const accepted: string[] = []
  let isOver = false
  const delivering = (async () => {
    for (let n = 0; !isOver; n++) if (await deliver(n)) accepted.push(`event-${n}`)
  })()
  const connection = new Redis(redis.port)
  const waits = () => connection.xlen('tallyman:{journal}:waiting')
  for (let kill = 0; kill < 3; kill++) {
    const before = await waits()
    const worker = await service.startWorker('events', 'journal')
    // It is in the middle of its work.
    await eventually(waits, (count) => count > before)
    await sleep(Math.random() * 300)
    await worker.stop('SIGKILL')
  }
  isOver = true
  await delivering
  expect(accepted.length).toBeGreaterThan(100)
  await service.startWorker('events', 'journal')
  await eventually(
    () => queued(connection),
    (count) => count === 0,
  )

  const store = makeFolderStore({ path: folder })
  await makeWriteJournal({ redis: connection, prefix: 'tallyman', store, keepMs: 86_400_000, now: Date.now })(
    { isAll: true },
  )
  const ids: string[] = []
  for await (const one of readJournal(store, { from: 0, to: Date.now() + 60_000 }))
    if ('entry' in one) ids.push(one.entry.id)
  expect(ids.toSorted()).toEqual(accepted.toSorted())
  connection.disconnect()
})

async function queued(connection: Redis): Promise<number> {
  const counts = await Promise.all([
    connection.llen('{tallyman}:events:wait'),
    connection.llen('{tallyman}:events:active'),
    connection.zcard('{tallyman}:events:delayed'),
  ])
  return counts.reduce((sum, count) => sum + count, 0)
}
