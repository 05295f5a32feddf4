import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
const digest = `sha256:${'a'.repeat(64)}`
const push = (tag: string, at: number, actor?: string): Fact => ({
  ...{ kind: 'push', repository: 'app', at, digest, size: 500 },
  ...{ mediaType: '', tag, references: [], extent: 'all', ...(actor !== undefined && { actor }) },
})

test('each tag has whoever pushed it last, also if there are thousands; others are left out', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const many = Array.from({ length: 3_000 }, (_, n) => push(`v${n}`, 10, `user-${n % 7}`))
  await index.applyAll(
    new Map([['ci/app', [...many, push('v1', 20, 'ann'), push('v2', 20), push('nightly', 20)]]]),
  )
  await index.apply('ci/app', [{ kind: 'untag', repository: 'app', at: 30, tag: 'v3' }])
  const pushers = await index.pushersOf('ci/app', 'app')
  expect(pushers.size).toBe(2_998)
  expect(['v0', 'v1', 'v2', 'v3', 'nightly', 'v2999'].map((tag) => pushers.get(tag))).toEqual([
    ...['user-0', 'ann', undefined, undefined, undefined, 'user-3'],
  ])
  expect(await index.pushersOf('ci/app', 'other')).toEqual(new Map())
})
