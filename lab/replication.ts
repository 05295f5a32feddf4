import { Redis } from 'ioredis'
import type { LabRedis } from './redis.ts'
import { eventually } from './tallyman.ts'

/** Waits until `replica` has everything that `master` has now. */
export async function untilReplicated(master: LabRedis, replica: LabRedis): Promise<void> {
  const [from, to] = [new Redis(master.port), new Redis(replica.port)]
  try {
    const wanted = await offset(from, 'master_repl_offset')
    await eventually(
      () => offset(to, 'slave_repl_offset'),
      (got) => got >= wanted,
    )
  } finally {
    from.disconnect()
    to.disconnect()
  }
}

/** Bytes of the replication stream; NaN if there is none. */
async function offset(redis: Redis, field: string): Promise<number> {
  const info = await redis.info('replication')
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1])
}
