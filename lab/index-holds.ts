import { connectPatiently } from '../src/platform/redis.ts'
import { parseRedisUrl } from '../src/platform/redis-url.ts'
import { queuePrefix } from '../src/queue/queues.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { allImages } from './all-images.ts'
import type { Told } from './event-source.ts'
import { eventually } from './tallyman.ts'

interface Difference {
  missing: string[]
  unknown: string[]
  pulls: number
  bytes: number
}

/**
 * Waits until the index in a Redis or Cluster holds exactly what was told: each manifest, each pull once, each byte; and
 * until no job of the queue `events` is left or has failed. Resolves to how long that took, in ms.
 */
export async function indexComesToHold(redisUrl: string, told: ReadonlyMap<string, Told>): Promise<number> {
  const redis = await connectPatiently(parseRedisUrl(redisUrl))
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  const queue = `${queuePrefix('tallyman')}:events`
  const began = Date.now()

  async function differenceOf(project: string, expected: Told): Promise<Difference> {
    const images = new Set((await allImages(index, project)).map(({ digest }) => digest))
    const usage = await index.usage(project)
    const bytes = [...expected.contents.values()].reduce((sum, size) => sum + size, 0)
    return {
      missing: [...expected.manifests].filter((digest) => !images.has(digest)),
      unknown: [...images].filter((digest) => !expected.manifests.has(digest)),
      pulls: (usage?.pulls ?? 0) - expected.pulls,
      bytes: (usage?.uniqueBytes ?? 0) - bytes,
    }
  }

  /** What differs, in words; '' if nothing does. */
  async function difference(): Promise<string> {
    const jobs = {
      waiting: await redis.llen(`${queue}:wait`),
      active: await redis.llen(`${queue}:active`),
      delayed: await redis.zcard(`${queue}:delayed`),
      failed: await redis.zcard(`${queue}:failed`),
    }
    if (Object.values(jobs).some((count) => count > 0)) return `jobs of events: ${JSON.stringify(jobs)}`
    for (const [project, expected] of told) {
      const { missing, unknown, pulls, bytes } = await differenceOf(project, expected)
      if (missing.length + unknown.length > 0 || pulls !== 0 || bytes !== 0)
        return `${project}: ${missing.length} manifests missing, ${unknown.length} unknown, pulls ${pulls}, bytes ${bytes}`
    }
    return ''
  }

  try {
    await eventually(difference, (text) => text === '')
    return Date.now() - began
  } finally {
    redis.disconnect()
  }
}
