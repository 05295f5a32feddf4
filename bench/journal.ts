import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { digestOf } from '../lab/image.ts'
import { startRedis } from '../lab/redis.ts'
import { inPieces } from '../src/platform/in-pieces.ts'
import { makeEventJournal } from '../src/replay/event-journal.ts'
import { type Entry, entryOf } from '../src/replay/journal-line.ts'
import { readJournal } from '../src/replay/read-journal.ts'
import { makeReplayPolicy } from '../src/replay/replay-policy.ts'
import { makeWriteJournal } from '../src/replay/write-journal.ts'
import { makeFolderStore } from '../src/store/folder-store.ts'
import type { Reference } from '../src/usage/fact.ts'

const SECOND_US = 1_000_000
const RUNS = 100

/** What the journal costs an event: CPU of the worker, bytes in the store; and how long a replay of a policy takes. */
export async function journal({ small, say }: { small: boolean; say: (line: string) => void }) {
  const events = small ? 20_000 : 100_000
  const server = await startRedis()
  const redis = new Redis(server.port)
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-bench-journal-'))
  try {
    const store = makeFolderStore({ path: folder })
    const on = { redis, prefix: 'bench', room: 2 ** 40, log: { warn: say } }
    const entries = entriesOf(events)
    const cost: Record<string, number> = {}
    for (const batch of [1, 16, 100]) {
      await redis.flushall()
      const note = makeEventJournal(on)
      const before = process.cpuUsage()
      for (let n = 0; n < entries.length; n += batch) await note(entries.slice(n, n + batch))
      const { user, system } = process.cpuUsage(before)
      cost[`cpu_us_by_${batch}`] = Math.round(((user + system) / events) * 10) / 10
      say(`noted ${events} events, ${batch} at once`)
    }
    const write = makeWriteJournal({ ...on, store, keepMs: 86_400_000, now: Date.now })
    const written = await write({ isAll: true })
    say(`written: ${written.objects} objects, ${written.bytes} bytes`)
    const beganAt = performance.now()
    const deleted = await replayed(store, events)
    return {
      ...{ events, ...cost, text_bytes: written.textBytes / events, stored_bytes: written.bytes / events },
      ...{ replay_s: Math.round(performance.now() - beganAt) / 1000, runs: RUNS, deleted },
      rss_mb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    }
  } finally {
    redis.disconnect()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function replayed(store: ReturnType<typeof makeFolderStore>, events: number): Promise<number> {
  const rules = [{ tag: { glob: 'pr-*' }, olderThan: (events / 10) * 1000, expire: true as const }]
  const replay = makeReplayPolicy(
    { name: 'bench', registry: 'ci', repository: '**', rules },
    { projectOf: (repository) => `ci/${repository.split('/')[0]}`, maxShare: 1 },
  )
  let told = 0
  for await (const one of readJournal(store, { from: 0, to: Date.now() + 86_400_000 })) {
    if (!('entry' in one)) continue
    replay.tell(one.entry)
    told += 1
    if (told % (events / RUNS) === 0) await inPieces(replay.run(one.entry.fact.at + 1, () => ({})))
  }
  return replay.outcome().images
}

/** A push to one of 40 projects, then nine pulls of newer and older images. An image shares eight of twelve blobs with one before. */
function entriesOf(events: number): Entry[] {
  const digest = (text: string) => digestOf(Buffer.from(text))
  const blob = (text: string): Reference => ({ kind: 'blob', digest: digest(text), size: 1_000_000 })
  const begin = Date.now() * 1000 - events * SECOND_US
  const pushed: { repository: string; digest: string }[] = []
  return Array.from({ length: events }, (_, n): Entry => {
    const at = begin + n * SECOND_US
    const id = randomUUID()
    const about = { at, size: 2_500, mediaType: 'application/vnd.oci.image.manifest.v1+json' }
    const number = pushed.length
    if (n % 10 !== 0) {
      const image = pushed[Math.floor(Math.random() ** 3 * number)]
      return entryOf(id, 'ci', { kind: 'pull', id, ...about, ...(image as (typeof pushed)[number]) }) as Entry
    }
    const image = { repository: `team-${number % 40}/app`, digest: digest(`image ${number}`) }
    pushed.push(image)
    const base = Array.from({ length: 8 }, (_, i) => blob(`base ${number % 400} ${i}`))
    const own = Array.from({ length: 4 }, (_, i) => blob(`own ${number} ${i}`))
    return entryOf(id, 'ci', {
      ...{ kind: 'push', ...about, ...image, tag: `pr-${number}`, actor: 'ci-bot' },
      ...{ references: [...base, ...own], extent: 'all' },
    }) as Entry
  })
}
