import { expect, test, vi } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { registryKeys } from '../../src/usage/keys.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

const push = (letter: string): Fact => ({
  kind: 'push',
  repository: 'app',
  at: 10,
  digest: `sha256:${letter.repeat(64)}`,
  size: 500,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  references: [],
  extent: 'all',
})

test('if a worker is killed before it drains the outbox, the next call drains it, even a call without facts', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  await index.apply('ci/app', [push('a')])
  const killed = vi.spyOn(bed.redis, 'lrangeBuffer').mockRejectedValueOnce(new Error('killed'))
  await expect(index.apply('ci/app', [push('b')])).rejects.toThrow('killed')
  killed.mockRestore()
  expect(await index.registryBytes('ci')).toBe(500)
  await index.apply('ci/app', [])
  expect(await index.registryBytes('ci')).toBe(1000)
  expect((await index.usage('ci/app'))?.exclusiveBytes).toBe(1000)
})

test('if a failover sets a project back, its registry still learns what the project holds from then on', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  await index.apply('ci/app', [push('a')])
  const keys = await bed.redis.keys('t:{ci/app}:*')
  const before = await Promise.all(keys.map((key) => bed.redis.dumpBuffer(key)))
  await index.apply('ci/app', [push('b')])
  // A replica takes over the project's node and lacks the last push; the registry's node has it.
  await bed.redis.del(await bed.redis.keys('t:{ci/app}:*'))
  for (const [i, key] of keys.entries()) await bed.redis.restore(key, 0, before[i] ?? '')
  expect((await index.usage('ci/app'))?.uniqueBytes).toBe(500)
  await index.apply('ci/app', [push('c')])
  expect(await index.registryBytes('ci')).toBe(1500)
  // A reconcile finds the lost push.
  await index.apply('ci/app', [push('b')])
  expect(await index.registryBytes('ci')).toBe(1500)
  expect(await index.usage('ci/app')).toMatchObject({ uniqueBytes: 1500, exclusiveBytes: 1500 })
})

test('entries are numbered by the clock of Redis, so a worker with a slow clock repeats no number after a failover', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  await index.apply('ci/app', [push('a')])
  const keys = await bed.redis.keys('t:{ci/app}:*')
  const before = await Promise.all(keys.map((key) => bed.redis.dumpBuffer(key)))
  for (const letter of ['b', 'c']) await index.apply('ci/app', [push(letter)])
  await bed.redis.del(await bed.redis.keys('t:{ci/app}:*'))
  for (const [i, key] of keys.entries()) await bed.redis.restore(key, 0, before[i] ?? '')
  const slow = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000)
  await index.apply('ci/app', [push('d')])
  slow.mockRestore()
  expect(await index.registryBytes('ci')).toBe(2000)
})

test('thousands of changes reach the registry in small calls', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const references = Array.from({ length: 3_000 }, (_, n) => ({
    kind: 'blob' as const,
    digest: `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`,
    size: 7,
  }))
  const scripts = vi.spyOn(bed.redis, 'callBuffer')
  await index.apply('ci/app', [{ ...push('a'), references } as Fact])
  const bytes = (args: readonly unknown[]) => Buffer.concat(args.filter(Buffer.isBuffer)).length
  const [, ...calls] = scripts.mock.calls.map(bytes)
  expect(Math.max(...calls)).toBeLessThan(4_100)
  scripts.mockRestore()
  expect(await index.registryBytes('ci')).toBe(500 + 21_000)
  expect(await bed.redis.exists('t:{ci/app}:outbox')).toBe(0)
})

test('a project that is lost from its registry’s list is in it again after a minute', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  await index.apply('ci/app', [push('a')])
  await bed.redis.del(registryKeys('t', 'ci').paths)
  const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000)
  await index.apply('ci/app', [])
  later.mockRestore()
  expect(await index.projects('ci')).toEqual(['ci/app'])
})
