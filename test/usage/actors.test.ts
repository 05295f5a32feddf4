import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { projectBase } from '../../src/usage/keys.ts'
import { factsUnderNewName } from '../../src/usage/renames.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

const push = (at: number, actor?: string): Fact => ({
  ...{ kind: 'push', repository: 'app', at, digest: `sha256:${'a'.repeat(64)}`, size: 500 },
  ...{ mediaType: '', tag: 'v1', references: [], extent: 'all' },
  ...(actor !== undefined && { actor }),
})

function setUp() {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const pusherOf = async (project: string, repository = 'app') =>
    (await index.tags(project, repository, { limit: 1 }))[0]?.pushedBy
  return { index, pusherOf }
}

test('the last push of a tag says who pushed it, whatever the order of arrival; a later push by nobody known forgets it', async () => {
  const { index, pusherOf } = setUp()
  await index.apply('ci/app', [push(20, 'bob')])
  await index.apply('ci/app', [push(10, 'ann')])
  expect(await pusherOf('ci/app')).toBe('bob')
  expect((await index.usage('ci/app'))?.lastPushedBy).toBe('bob')
  await index.apply('ci/app', [push(30)])
  expect(await pusherOf('ci/app')).toBe('')
  expect((await index.usage('ci/app'))?.lastPushedBy).toBe('')
})

test('a pull of the tag and a sighting of its manifest leave who pushed it', async () => {
  const { index, pusherOf } = setUp()
  const { tag: _, actor: __, ...untagged } = { actor: '', ...push(40) } as Extract<Fact, { kind: 'push' }>
  await index.apply('ci/app', [
    push(20, 'ann'),
    { ...untagged, kind: 'pull', id: 'e', tag: 'v1' },
    { ...untagged, kind: 'present', via: 'push' },
  ])
  expect(await pusherOf('ci/app')).toBe('ann')
})

test('a name is kept up to 40 bytes, cut at a character', async () => {
  const { index, pusherOf } = setUp()
  await index.apply('ci/app', [push(20, `${'x'.repeat(39)}é`)])
  expect(await pusherOf('ci/app')).toBe('x'.repeat(39))
})

test('a tag without a known pusher costs no byte more', async () => {
  const { index } = setUp()
  const recordBytes = async () =>
    (await bed.redis.hgetBuffer(`${projectBase('t', 'ci/app')}tags:1:0`, 'v1'))?.length
  await index.apply('ci/app', [push(20)])
  expect(await recordBytes()).toBe(24)
  await index.apply('ci/app', [push(21, 'ann')])
  expect(await recordBytes()).toBe(27)
})

test('a rename takes along who pushed', async () => {
  const { index, pusherOf } = setUp()
  await index.apply('ci/app', [push(20, 'ann')])
  const newName = { repository: 'new', renamedAt: 30, notBefore: 0 }
  for await (const fact of index.facts('ci/app', 'app'))
    await index.apply('ci/new', factsUnderNewName(fact, newName))
  expect(await pusherOf('ci/new', 'new')).toBe('ann')
})
