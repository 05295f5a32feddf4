import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { startEventSource, type Told } from '../lab/event-source.ts'
import { indexComesToHold } from '../lab/index-holds.ts'
import type { Started } from '../lab/process.ts'
import { type LabRedis, startRedis } from '../lab/redis.ts'
import { makeService } from '../lab/service.ts'
import { makeBacklog } from '../src/queue/backlog.ts'
import { closeQueues, makeQueues } from '../src/queue/queues.ts'

/**
 * `node bench/soak.ts --minutes N`: registries push and pull without a pause while the API, the workers and Redis are killed
 * or frozen at random. Each minute ends with a check that the index holds exactly what was acknowledged, and prints a row
 * of a table. A loss ends the run with status 1.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } })
const minutes = Number(values.minutes)
if (!Number.isInteger(minutes) || minutes < 1) {
  process.stderr.write('usage: soak [--minutes N]; N is a whole number above 0\n')
  process.exit(2)
}

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']
const REGISTRIES = 8
/** The part of each minute that is under load, in ms. The rest is for the check. */
const LOAD_MS = 50_000
const QUEUES = ['events', 'quota']

let redis: LabRedis = await startRedis({ args: DURABLE })
const { url, port, folder } = redis
const service = await makeService({ redisUrl: url })
let api = await service.startApi()
const workers = [await service.startWorker(...QUEUES), await service.startWorker(...QUEUES)]

/** The faults, by name. Each resolves once all processes run again. */
const faults: Record<string, () => Promise<void>> = {
  async 'API killed'() {
    await api.stop('SIGKILL')
    api = await service.startApi()
  },
  async 'worker killed'() {
    const n = randomInt(workers.length)
    await workers[n]?.stop('SIGKILL')
    workers[n] = await service.startWorker(...QUEUES)
  },
  async 'Redis killed'() {
    await redis.process.stop('SIGKILL')
    redis = await startRedis({ port, folder, args: DURABLE })
  },
  'Redis frozen': () => freeze(redis.process, 3_000),
  'worker frozen': () => freeze(workers[randomInt(workers.length)], 8_000),
  'API frozen': () => freeze(api, 2_000),
}

async function freeze(frozen: Started | undefined, ms: number): Promise<void> {
  frozen?.child.kill('SIGSTOP')
  await sleep(ms)
  frozen?.child.kill('SIGCONT')
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

/** The resident memory of a process, in MiB. */
function memoryOf({ pid }: Started): string {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return mebibytes(Number(kibibytes) * 1024)
}

const told = new Map<string, Told>()
function add(more: ReadonlyMap<string, Told>): void {
  for (const [project, { manifests, pulls, contents }] of more) {
    const all = told.get(project) ?? { manifests: new Set(), pulls: 0, contents: new Map() }
    for (const digest of manifests) all.manifests.add(digest)
    for (const [digest, size] of contents) all.contents.set(digest, size)
    all.pulls += pulls
    told.set(project, all)
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`)
say(
  '| minute | faults | acknowledged | refused or late | backlog, jobs | API, MiB | workers, MiB | Redis, MiB | lost | all indexed after, ms |',
)
say('|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|')
try {
  for (let minute = 1; minute <= minutes; minute++) {
    const until = Date.now() + LOAD_MS
    const happened: string[] = []
    const source = startEventSource({
      url: service.url,
      registries: REGISTRIES,
      first: minute * REGISTRIES,
      projects: 20,
      pulls: 0.9,
    })
    while (Date.now() < until) {
      await sleep(1_000 + randomInt(9_000))
      const [name = '', cause] = Object.entries(faults)[randomInt(Object.keys(faults).length)] ?? []
      await cause?.()
      happened.push(name)
    }
    const client = new Redis(url)
    const queues = makeQueues(client, 'tallyman')
    const backlog = await makeBacklog({ redis: client, queues }).read()
    await closeQueues(queues)
    await source.stop()
    add(source.told)
    const lost = await indexComesToHold(url, told).then(
      (ms) => ({ ms, text: '0' }),
      (error) => ({ ms: Number.NaN, text: String(error) }),
    )
    const used = /used_memory:(\d+)/.exec(await client.info('memory'))?.[1]
    client.disconnect()
    const refused = [...source.refusals.values()].reduce((sum, count) => sum + count, 0)
    say(
      `| ${[
        ...[minute, happened.join(', '), source.acknowledged(), refused, backlog.jobs, memoryOf(api)],
        ...[workers.map(memoryOf).join(' + '), mebibytes(Number(used)), lost.text, lost.ms],
      ].join(' | ')} |`,
    )
    if (lost.text !== '0') process.exitCode = 1
    if (lost.text !== '0') break
  }
} finally {
  await service.close()
  await redis.close()
}
