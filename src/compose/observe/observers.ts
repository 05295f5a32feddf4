import type { readStandings } from '../../quota/standings.ts'
import { measuring } from '../measuring.ts'
import type { OnRedis, Parts } from '../parts.ts'
import { observeCollections } from './collections.ts'
import { observeProjects } from './projects.ts'
import { observeQueues } from './queues.ts'
import { observeRedis } from './redis.ts'
import { observeRegistries } from './registries.ts'
import { observeRuns } from './runs.ts'
import { observeSnapshots } from './snapshots.ts'
import { observeStore } from './store.ts'
import { observeSums } from './sums.ts'
import { observeWaiting } from './waiting.ts'

/** What looks at the state of things when metrics are read. */
export function observersOf(parts: Parts, onRedis: OnRedis, counted: () => ReturnType<typeof readStandings>) {
  const { measure } = measuring(parts, onRedis)
  return [
    observeQueues(parts, onRedis),
    observeRedis(parts, onRedis),
    observeRegistries(parts, onRedis),
    observeSums(parts, onRedis, measure),
    observeRuns(parts, onRedis),
    observeWaiting(parts, onRedis),
    observeSnapshots(parts),
    observeStore(parts, onRedis),
    observeCollections(parts),
    ...(parts.config.metrics.projects > 0
      ? [observeProjects(parts, onRedis, async () => (await counted()).tally)]
      : []),
  ]
}
