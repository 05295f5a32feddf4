import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import pMap from 'p-map'
import type { Started } from '../lab/process.ts'
import { makeService } from '../lab/service.ts'
import { READ_TOKEN, WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import type { Fact } from '../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../src/usage/usage-index.ts'
import { startBenchRedis } from './bench-redis.ts'
import { digestOfName } from './made-up-content.ts'
import { median } from './median.ts'
import { pace } from './pace.ts'
import { anyEvent, layerOfAll, madeUpSite, manifestOf, pushEvent, type SiteSize } from './scale-site.ts'

const FULL: SiteSize = {
  repositories: 200,
  perRepository: 1_000,
  tags: 100_000,
  projects: 5_000,
  sharers: 20_000,
}
const SMALL: SiteSize = { repositories: 10, perRepository: 100, tags: 2_000, projects: 200, sharers: 500 }
const EVENTS_A_SECOND = 500
const DROPS = 3
const PAGES = 10
/** The most that is allowed of each result. */
const BOUNDS = { longest_call_ms: 50, drop_ms: 2_000, page_ms: 20, ack_p99_ms: 50 }

/**
 * How Tallyman behaves on a large site: one project of 200,000 manifests in 200 repositories, a repository of 100,000 tags,
 * 5,000 projects, and a layer that 20,000 projects share. Registries deliver 500 events/s to a real API and worker. Beside
 * that, repositories are dropped, pages and plans are read, and a manifest with 30,000 references comes.
 */
export async function scale({ small, say }: { small: boolean; say: (line: string) => void }) {
  const site = small ? SMALL : FULL
  const server = await startBenchRedis()
  const redis = new Redis(server.port, { replyMapping: 'legacy' })
  const registries = Object.fromEntries(
    ['ci', 'five', 'wide'].map((name, n) => [
      name,
      { url: `http://127.0.0.1:${n + 1}`, token: tokenOf(name) },
    ]),
  )
  const service = await makeService({ redisUrl: server.url, config: { registries } })
  try {
    const index = makeUsageIndex({ redis, prefix: 'tallyman' })
    let facts = 0
    await pMap(
      madeUpSite(site),
      async (byProject) => {
        await index.applyAll(byProject)
        for (const all of byProject.values()) facts += all.length
        if (facts % 50_000 < 100) say(`${facts} facts`)
      },
      { concurrency: 4 },
    )
    const api = await service.startApi()
    await service.startWorker('events', 'quota', 'alerts')
    await redis.call('CONFIG', 'SET', 'slowlog-log-slower-than', '10000')
    await redis.call('CONFIG', 'SET', 'slowlog-max-len', '100000')
    await redis.call('SLOWLOG', 'RESET')
    await redis.call('CONFIG', 'RESETSTAT')
    const load = pace({
      url: `${service.url}/v1/events`,
      perSecond: EVENTS_A_SECOND,
      token: WEBHOOK_TOKEN,
      bodyOf: (n) => anyEvent(n, site),
    })
    const measured = await measure({ index, site, url: service.url })
    await fetch(`${service.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
      body: pushEvent({ repository: 'big/app/huge', name: 'huge', blobs: small ? 3_000 : 30_000 }),
    })
    await untilHeld(index, small ? 3_000 : 30_000)
    const latencies = (await load.stop()).sort((a, b) => a - b)
    const calls = await callsOf(redis)
    for (const line of calls.slowest) say(line)
    say(`${calls.all} calls, ${calls.slow} of them over 10 ms; ${latencies.length} deliveries`)
    const result = {
      longest_call_ms: calls.longestMs,
      calls_over_10_ms: calls.slow / calls.all,
      ...measured,
      ack_p99_ms: Math.round(latencies[Math.floor(latencies.length * 0.99)] ?? 0),
      rss_mb: residentMegabytes(api),
    }
    const isMissed = Object.entries(BOUNDS).some(([key, bound]) => Number(Object(result)[key]) > bound)
    if (isMissed || result.calls_over_10_ms > 0.001) process.exitCode = 1
    return result
  } finally {
    await service.close()
    redis.disconnect()
    await server.close()
  }
}

const tokenOf = (registry: string) => (registry === 'ci' ? WEBHOOK_TOKEN : `${WEBHOOK_TOKEN}-${registry}`)

async function measure({ index, site, url }: { index: UsageIndex; site: SiteSize; url: string }) {
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now()
    await work()
    return performance.now() - began
  }
  const get = async (path: string) => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${READ_TOKEN}` } })
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return await answer.json()
  }
  const drops: number[] = []
  for (let n = 1; n <= DROPS; n++) {
    const drop: Fact = {
      kind: 'drop',
      repository: `big/app/r${site.repositories - n}`,
      at: Date.now() * 1000,
    }
    drops.push(await timed(() => index.apply('ci/big/app', [drop])))
  }
  // A project more on the layer that all share.
  await index.apply('wide/late/app', [
    manifestOf({ repository: 'late/app', name: 'late', blobs: [layerOfAll] }),
  ])
  const [projectPages, tagPages, repositories] = [[0], [0], [0]].map(() => [] as number[])
  for (let n = 0; n < PAGES; n++) {
    projectPages?.push(await timed(() => get('/v1/projects?registry=five&limit=100')))
    tagPages?.push(await timed(() => get('/v1/projects/ci%2Ftags%2Fapp/tags?repository=tags/app&limit=100')))
    repositories?.push(await timed(() => index.images('ci/big/app', `big/app/r${n}`)))
  }
  const rounded = (times: number[] | undefined) => Math.round(median(times ?? []))
  return {
    drop_ms: Math.round(Math.max(...drops)),
    page_ms: Math.max(rounded(projectPages), rounded(tagPages)),
    project_page_ms: rounded(projectPages),
    tag_page_ms: rounded(tagPages),
    repository_ms: rounded(repositories),
  }
}

async function untilHeld(index: UsageIndex, blobs: number): Promise<void> {
  const digest = digestOfName('huge')
  for (;;) {
    const [image] = await index.images('ci/big/app', 'big/app/huge')
    if (image?.digest === digest && image.references?.length === blobs) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The calls of Lua scripts: how many, how many took over 10 ms, and the longest in ms. */
async function callsOf(
  redis: Redis,
): Promise<{ all: number; slow: number; longestMs: number; slowest: string[] }> {
  const stats = await redis.info('commandstats')
  const all = [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  )
  const entries = (await redis.call('SLOWLOG', 'GET', '-1')) as [number, number, number, string[]][]
  const scripts = entries.filter(([, , , [name = '']]) => /^eval/i.test(name))
  const slow = scripts.map(([, , us]) => us / 1000)
  const slowest = scripts
    .toSorted(([, , a], [, , b]) => b - a)
    .slice(0, 12)
    .map(
      ([, , us, [, sha = '', , ...rest]]) =>
        `${us} µs: script ${sha.slice(0, 6)} ${rest.join(' ').slice(0, 150)}`,
    )
  return {
    slowest,
    all,
    slow: slow.length,
    longestMs: Math.round(Math.max(0, ...slow)),
  }
}

function residentMegabytes({ pid }: Started): number {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kibibytes) / 1024)
}
