import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeFirstIds } from '../../src/ci/first-ids.ts'

const lab = useRedis()

test('the id of a project stays that with which it was first seen, also for another process', async () => {
  const [first, another] = [0, 1].map(() => makeFirstIds({ redis: lab.redis, prefix: 't' }))
  const project = { issuer: 'https://gitlab.example.com', project: 'team-a/app' }
  expect(await first?.({ ...project, id: '22' })).toBe('22')
  expect(await another?.({ ...project, id: '23' })).toBe('22')
  expect(await another?.({ ...project, issuer: 'https://gitlab.com', id: '23' })).toBe('23')
  expect(await another?.({ ...project, project: 'team-a/web', id: '24' })).toBe('24')
})

test('of many that see a project at once, all are told the same id', async () => {
  const firstIdOf = makeFirstIds({ redis: lab.redis, prefix: 't' })
  const project = { issuer: 'https://gitlab.example.com', project: 'team-a/app' }
  const told = await Promise.all(Array.from({ length: 50 }, (_, n) => firstIdOf({ ...project, id: `${n}` })))
  expect(new Set(told).size).toBe(1)
})
