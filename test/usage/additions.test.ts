import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
const digest = `sha256:${'a'.repeat(64)}`
const push = (tag: string, at: number): Fact => ({
  ...{ kind: 'push', repository: 'app', at, digest, size: 500 },
  ...{ mediaType: '', tag, references: [], extent: 'all' },
})

test('additions change with an image or a tag, also of an older time, and not with what is repeated or deleted', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const after = async (fact: Fact) => {
    await index.apply('ci/app', [fact])
    return index.additions('ci/app')
  }
  expect(await index.additions('ci/app')).toBe(0)
  const first = await after(push('v1', 20))
  expect(first).toBeGreaterThan(0)
  expect(await after(push('v1', 20))).toBe(first)
  const second = await after(push('v2', 10))
  expect(second).toBeGreaterThan(first)
  expect(await after({ kind: 'untag', repository: 'app', at: 30, tag: 'v1' })).toBe(second)
  expect(await after({ kind: 'delete', repository: 'app', at: 40, digest })).toBe(second)
})
