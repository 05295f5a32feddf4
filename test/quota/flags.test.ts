import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { type FlagState, makeFlags } from '../../src/quota/flags.ts'

const bed = useRedis()

const state = (flag: FlagState['flag'], change: number): FlagState => ({
  flag,
  since: '2026-05-01T10:00:00.000Z',
  change,
})
const NEVER: FlagState = { flag: 'ok', since: null, change: 0 }

test('a project that never had a flag is ok', async () => {
  const flags = makeFlags({ redis: bed.redis, prefix: 't' })
  expect(await flags.get('ci/a')).toEqual(NEVER)
  expect(await flags.all()).toEqual(new Map())
})

test('all flags that ever changed are read, however many there are', async () => {
  const flags = makeFlags({ redis: bed.redis, prefix: 't' })
  // More than Redis keeps in its compact form, and more than one call reads.
  const states = Array.from({ length: 1_200 }, (_, n): [string, FlagState] => [`ci/${n}`, state('over', n)])
  for (const [project, one] of states) await flags.set(project, one)
  expect(await flags.all()).toEqual(new Map(states))
})

test('two sites in one Redis have flags of their own', async () => {
  await makeFlags({ redis: bed.redis, prefix: 't' }).set('ci/a', state('over', 1))
  expect(await makeFlags({ redis: bed.redis, prefix: 'u' }).get('ci/a')).toEqual(NEVER)
})
