import { Redis } from 'ioredis'
import { makeHistories } from '../src/history/histories.ts'
import { EMPTY, withSample } from '../src/history/history.ts'
import { addSamples, DAY_MS, HOUR_MS, hourOf, NOTHING, type Sample, sampleOf } from '../src/history/sample.ts'
import { closeQueues, makeQueues } from '../src/queue/queues.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import type { Project } from './api.ts'
import type { Team } from './teams.ts'

export type Past = ReturnType<typeof makePast>

/** How usage came to what it is now: from which share of it, in how many days, and on what way. */
export interface Line {
  shape: 'steady' | 'late' | 'sawtooth' | 'flat'
  from: number
  /** Of what the story is about to push more to, the share that it will come to. Default: 1. */
  to?: number
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

const shareAt = ({ shape, from, to = 1, days }: Line, daysAgo: number): number =>
  daysAgo > days ? 0 : from + (to - from) * SHAPES[shape](1 - daysAgo / days)

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
    /** Writes the lines of projects, by their ids, and that of their registry, which is the sum. */
    async make(registry: string, projects: readonly Project[], lines: Record<string, Line>): Promise<void> {
      const lineOf = ({ id }: Project): Line => lines[id] ?? { shape: 'steady', from: 0.7, days: 90 }
      for (const project of projects)
        await write(project.id, lineOf(project).days, (daysAgo) =>
          scaled(sampleOf(project), shareAt(lineOf(project), daysAgo)),
        )
      const present = projects.reduce((bytes, { uniqueBytes }) => bytes + uniqueBytes, 0)
      const sum = (daysAgo: number) =>
        projects.reduce((bytes, one) => bytes + one.uniqueBytes * shareAt(lineOf(one), daysAgo), 0)
      const all = projects.map(sampleOf).reduce(addSamples, NOTHING)
      const now = { ...all, uniqueBytes: await index.registryBytes(registry) }
      await write(registry, 120, (daysAgo) => scaled(now, sum(daysAgo) / present))
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
