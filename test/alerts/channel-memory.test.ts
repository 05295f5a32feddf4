import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeChannelMemory } from '../../src/alerts/channel-memory.ts'

const bed = useRedis()
const memoryOf = (channel: string) => makeChannelMemory({ redis: () => bed.redis, prefix: 't', channel })

test('a channel keeps a value for each subject, other channels have their own', async () => {
  const [ops, other] = [memoryOf('ops'), memoryOf('other')]
  await ops.set('ci/a', '1')
  await ops.set('ci/a', '2')
  await ops.set('ci/b\n', '3')
  expect([await ops.get('ci/a'), await ops.get('ci/b\n'), await other.get('ci/a')]).toEqual([
    '2',
    '3',
    undefined,
  ])
  // As after a restart.
  expect(await memoryOf('ops').get('ci/a')).toBe('2')
  await ops.forget('ci/a')
  expect([await ops.get('ci/a'), await ops.get('ci/b\n')]).toEqual([undefined, '3'])
})

test('every value expires after 30 days', async () => {
  await memoryOf('ops').set('ci/a', '1')
  const [key = ''] = await bed.redis.keys('*')
  const days = (await bed.redis.pttl(key)) / 86_400_000
  expect(days).toBeGreaterThan(29.9)
  expect(days).toBeLessThanOrEqual(30)
})
