import { Redis } from 'ioredis'
import { makeHistories } from '../src/history/histories.ts'
import { EMPTY, withSample } from '../src/history/history.ts'
import { addSamples, DAY_MS, HOUR_MS, hourOf, NOTHING, type Sample, sampleOf } from '../src/history/sample.ts'
import { closeQueues, makeQueues } from '../src/queue/queues.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import type { Project } from './api.ts'
import type { Team } from './teams.ts'

/** How far back the line of a registry goes. */
const REGISTRY_DAYS = 120

export type Past = ReturnType<typeof makePast>

/** How usage came to what it is now: from which share of it, in how many days, and on what way. */
export interface Line {
  shape: 'steady' | 'late' | 'sawtooth' | 'flat'
  from: number
  days: number
}

/** The share of today's usage along a line. `done`: from 0 at its begin to 1 now. */
const SHAPES: Record<Line['shape'], (done: number) => number> = {
  steady: (done) => done,
  late: (done) => done ** 3,
  // Cleaned up from time to time.
  sawtooth: (done) => 0.4 * done + 0.6 * ((done * 3.999) % 1),
  flat: (done) => (done < 0.6 ? 0 : 1),
}

const shareAt = ({ shape, from, days }: Line, daysAgo: number): number =>
  daysAgo > days ? 0 : from + (1 - from) * SHAPES[shape](1 - daysAgo / days)

/** A story of half a minute has no past. This makes one up, so that there are lines to look at, and something to forecast from. */
export function makePast(url: string, prefix: string) {
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  const queues = makeQueues(redis, prefix)
  const histories = makeHistories({ redis, prefix })
  const index = makeUsageIndex({ redis, prefix })

  /** Writes the hours of the last week and the days before, up to the last full hour. */
  async function write(id: string, days: number, sampleAt: (daysAgo: number) => Sample): Promise<void> {
    let history = EMPTY
    for (let hours = days * 24; hours > 0; hours -= hours > 7 * 24 ? 24 : 1)
      history = withSample(history, hourOf(Date.now() - hours * HOUR_MS), sampleAt(hours / 24))
    // Tallyman may have taken the sample of this hour already.
    await histories.write(id, history, await histories.of(id))
  }

  return {
    /** Writes what a project would have used in the last `days`, if it had grown by the same each day. */
    async growTo(project: Project, days: number, bytesPerDay: number): Promise<void> {
      await write(project.id, days, (daysAgo) => ({
        ...sampleOf(project),
        uniqueBytes: Math.max(0, Math.round(project.uniqueBytes - daysAgo * bytesPerDay)),
      }))
    },
    /** Writes the line of a project. */
    async draw(project: Project, line: Line): Promise<void> {
      await write(project.id, line.days, (daysAgo) => scaled(sampleOf(project), shareAt(line, daysAgo)))
    },
    /** Writes the line of a registry, which is the sum of those of its projects. */
    async drawRegistry(registry: string, projects: readonly (readonly [Project, Line])[]): Promise<void> {
      const sum = (daysAgo: number) =>
        projects.reduce((bytes, [one, line]) => bytes + one.uniqueBytes * shareAt(line, daysAgo), 0)
      const all = projects.map(([project]) => sampleOf(project)).reduce(addSamples, NOTHING)
      const now = { ...all, uniqueBytes: await index.registryBytes(registry) }
      await write(registry, REGISTRY_DAYS, (daysAgo) => scaled(now, sum(daysAgo) / sum(0)))
    },
    /** Writes when a team's images were pushed and pulled last. The registry does not know. */
    async use({ project, images, pulledDaysAgo }: Team): Promise<void> {
      const ago = (days: number) => Math.round(Date.now() - days * DAY_MS) * 1000
      await index.raiseActivity(`ci/${project}`, {
        lastPushAt: ago(Math.min(...Object.values(images).map(([, days]) => days))),
        lastPullAt: ago(pulledDaysAgo),
        ...{ pulls: 1, scans: 0, lastPushedBy: '' },
      })
    },
    /** Has Tallyman take the sample of this hour, and forecast. */
    async sample(): Promise<void> {
      await queues.history.add('history', { kind: 'sample' })
    },
    async close(): Promise<void> {
      await closeQueues(queues)
      redis.disconnect()
    },
  }
}

const scaled = (sample: Sample, share: number): Sample => ({
  uniqueBytes: Math.round(sample.uniqueBytes * share),
  exclusiveBytes: Math.round(sample.exclusiveBytes * share),
  referencedBytes: Math.round(sample.referencedBytes * share),
  tags: Math.round(sample.tags * share),
  manifests: Math.round(sample.manifests * share),
})
