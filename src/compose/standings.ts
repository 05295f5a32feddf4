import { shareReads } from '../platform/share-reads.ts'
import { readStandings } from '../quota/standings.ts'
import { projectSizesOf } from '../usage/project-sizes.ts'
import type { OnRedis, Parts } from './parts.ts'

/**
 * How long the list of projects is used, in ms for each project of it: ten times as long as it takes to read, so reading
 * it takes a tenth of the process's time at most.
 */
const FRESH_MS = 0.35

/** The same for metrics, which nobody waits for: reading takes a hundredth of the process's time at most. */
const METRICS_FRESH_MS = 3.5

/** Where each project stands against its quota: for who asks, and the same, less fresh, for metrics. */
export function standingsOf(
  { config, prefix, registries }: Parts,
  { redis, flags }: OnRedis,
): Record<'standings' | 'counted', () => ReturnType<typeof readStandings>> {
  const standings = shareReads(
    () =>
      readStandings({
        registries: registries.map(({ name }) => name),
        sizesOf: (registry) => projectSizesOf({ redis, prefix }, registry),
        ...{ flags, largest: config.metrics.projects },
      }),
    ({ count }) => count * FRESH_MS,
  )
  return { standings, counted: shareReads(standings, ({ count }) => count * METRICS_FRESH_MS) }
}
