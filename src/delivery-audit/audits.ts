import type { Cluster, Redis } from 'ioredis'
import type { AuditState } from './audit-state.ts'

/** What is remembered of the audit of each registry. */
export interface Audits {
  state(registry: string): Promise<AuditState | undefined>
  save(registry: string, state: AuditState): Promise<void>
}

export function makeAudits({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Audits {
  const keyOf = (registry: string) => `${prefix}:{${registry}}:delivery-audit`
  return {
    async state(registry) {
      const text = await redis.get(keyOf(registry))
      return text === null ? undefined : JSON.parse(text)
    },
    async save(registry, state) {
      await redis.set(keyOf(registry), JSON.stringify(state))
    },
  }
}
