import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import pMap from 'p-map'
import type { Fact } from '../src/usage/fact.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { startBenchRedis } from './bench-redis.ts'
import { measureDeletes } from './expiry-deletes.ts'
import { type ExpirySite, expirySite, projectOf } from './expiry-site.ts'

interface Size extends ExpirySite {
  /** Tags of the one large repository. */
  large: number
  /** Images of the registry in which a run deletes, and how many of them go. */
  images: number
  deletes: number
}
const FULL: Size = {
  projects: 500,
  repositories: 4,
  tags: 500,
  large: 10_000,
  images: 100_000,
  deletes: 1_000,
}
const SMALL: Size = { projects: 10, repositories: 4, tags: 500, large: 1_000, images: 4_000, deletes: 40 }
/** The most that is allowed of each result. */
const BOUNDS = { plan_s: 5, peak_rss_mb: 1_500, loop_ms: 50, repository_ms: 300 }
const CALLS_IN_FLIGHT = 8

/** A plan by ten rules of 1,000,000 tags in 2,000 repositories, from the real index, and a run of deletes (performance.md). */
export async function expiry({ small, say }: { small: boolean; say: (line: string) => void }) {
  const size = small ? SMALL : FULL
  const server = await startBenchRedis()
  const redis = new Redis(server.port, { replyMapping: 'legacy' })
  try {
    const index = makeUsageIndex({ redis, prefix: 'tallyman' })
    let facts = 0
    const began = performance.now()
    const fill = (site: Iterable<{ project: string; facts: Fact[] }>) =>
      pMap(
        site,
        async (batch) => {
          await index.apply(batch.project, batch.facts)
          if (Math.floor(facts / 100_000) < Math.floor((facts + batch.facts.length) / 100_000))
            say(`${facts} facts after ${Math.round((performance.now() - began) / 1000)} s`)
          facts += batch.facts.length
        },
        { concurrency: CALLS_IN_FLIGHT },
      )
    await fill(expirySite(size))
    // One more project, with one repository.
    const large = projectOf(size.projects)
    for (const batch of expirySite({ projects: 1, repositories: 1, tags: size.large }))
      await fill([{ project: large, facts: batch.facts }])
    say(`${facts} facts in the index after ${Math.round((performance.now() - began) / 1000)} s`)

    const plan = join(import.meta.dirname, 'expiry-plan.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [plan, `${server.port}`, large])
    const planned: Record<string, number> = JSON.parse(stdout)
    say(JSON.stringify(planned))
    const deleted = await measureDeletes({ ...size, port: server.port, say })
    const isMissed = Object.entries(BOUNDS).some(([key, bound]) => (planned[key] ?? 0) > bound)
    if (isMissed || deleted.delete_per_s < deleted.bare_per_s / 2) process.exitCode = 1
    return { ...planned, ...deleted }
  } finally {
    redis.disconnect()
    await server.close()
  }
}
