import type { Makers } from './makers.ts'

/** The process, its Redis, and the snapshots of the index. */
export const serviceMetrics = ({ gauge, shared }: Makers) => ({
  buildInfo: gauge('build_info', ['version'], '1. The label tells the version of this process.'),
  redisUp: gauge('redis_up', [], '1 if Redis answers this process, 0 if it does not.'),
  redisUsedBytes: shared('redis_memory_used_bytes', ['node'], 'Memory that a master of Redis uses.'),
  redisLimitBytes: shared(
    'redis_memory_limit_bytes',
    ['node'],
    'The maxmemory of a master of Redis. Absent if it has none.',
  ),
  lastSnapshot: shared(
    'last_snapshot_timestamp_seconds',
    [],
    'When the newest snapshot of the index was written. Absent if there is none.',
  ),
  lastSnapshotBytes: shared('last_snapshot_size_bytes', [], 'Size of the newest snapshot, as stored.'),
  snapshotInterval: shared(
    'snapshot_interval_seconds',
    [],
    'How often a snapshot is written: snapshots.every. Absent for never.',
  ),
})
