import type { Cluster, Redis } from 'ioredis'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Queues } from '../queue/queues.ts'
import type { Quota } from './evaluate.ts'
import { makeQuotaOf } from './quotas.ts'
import { recheck } from './recheck.ts'

const Checked = Type.Array(
  Type.Object({ project: Type.String(), limit: Type.Number(), warnAt: Type.Number() }),
)

/**
 * Queues a check of each project whose quota is another one than at the last call, or is new or gone. Redis keeps the
 * quotas of the last call, as JSON in the key `<prefix>:quotas`. They are written last, so a call that was killed is made
 * up for by the next.
 */
export async function recheckChanged(deps: {
  redis: Redis | Cluster
  prefix: string
  queues: Queues
  quotas: readonly Quota[]
  registries: readonly string[]
  /** The ids of a registry's projects, in batches. */
  idsOf: (registry: string) => AsyncIterable<string[]>
}): Promise<void> {
  const key = `${deps.prefix}:quotas`
  const quotas = deps.quotas.map(({ project, limit, warnAt }) => ({ project, limit, warnAt }))
  const text = JSON.stringify(quotas)
  const before = await deps.redis.get(key)
  if (before === text) return
  const quotaBefore = makeQuotaOf(before === null ? [] : Value.Parse(Checked, JSON.parse(before)))
  const quotaNow = makeQuotaOf(quotas)
  const isChanged = (project: string): boolean => {
    const [old, now] = [quotaBefore(project), quotaNow(project)]
    return old?.limit !== now?.limit || old?.warnAt !== now?.warnAt
  }
  for (const registry of deps.registries)
    for await (const ids of deps.idsOf(registry)) await recheck(deps.queues, ids.filter(isChanged))
  await deps.redis.set(key, text)
}
