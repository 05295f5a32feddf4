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
  expect(await flags.getMany([])).toEqual([])
  expect(await flags.raised()).toEqual([])
})

test('flags are read in the order asked for, and raised flags in the order of the projects', async () => {
  const flags = makeFlags({ redis: bed.redis, prefix: 't' })
  await flags.set('ci/c', state('over', 3))
  await flags.set('ci/b', state('ok', 2))
  await flags.set('ci/a', state('warning', 1))
  await flags.set('ci/d', state('warning', 4))
  expect(await flags.get('ci/c')).toEqual(state('over', 3))
  expect(await flags.getMany(['ci/c', 'ci/x', 'ci/a'])).toEqual([
    state('over', 3),
    NEVER,
    state('warning', 1),
  ])
  expect(await flags.raised()).toEqual([
    { project: 'ci/a', state: state('warning', 1) },
    { project: 'ci/c', state: state('over', 3) },
    { project: 'ci/d', state: state('warning', 4) },
  ])
})

test('two sites in one Redis have flags of their own', async () => {
  await makeFlags({ redis: bed.redis, prefix: 't' }).set('ci/a', state('over', 1))
  expect(await makeFlags({ redis: bed.redis, prefix: 'u' }).get('ci/a')).toEqual(NEVER)
})
