import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeLines } from '../../src/alerts/lines.ts'

const bed = useRedis()
const DAY = 86_400_000

const setUp = (now: () => number = Date.now) => makeLines({ redis: bed.redis, prefix: 't', now })
const place = (job: string, second: number, subject = job, channel = 'ops') => ({
  ...{ channel, job, subject, at: new Date(Date.now() - 60_000 + second * 1000).toISOString() },
})

test('messages take turns in the order of their times, whatever the order in which they join', async () => {
  const lines = setUp()
  const [a, b, c] = [place('a', 1), place('b', 2), place('c', 3)]
  for (const one of [c, a, b]) await lines.join(one)
  expect(await lines.turn(a)).toEqual({ is: 'now' })
  expect(await lines.turn(b)).toEqual({ is: 'wait', before: 1, first: 'a' })
  expect(await lines.turn(c)).toEqual({ is: 'wait', before: 2, first: 'a' })
  expect(await lines.leave('ops', 'a')).toBe('b')
  expect(await lines.turn(b)).toEqual({ is: 'now' })
  expect(await lines.leave('ops', 'c')).toBe('b')
  expect(await lines.leave('ops', 'b')).toBeUndefined()
})

test('each channel has a line of its own', async () => {
  const lines = setUp()
  const [a, b] = [place('a', 1), place('b', 2, 'b', 'other')]
  for (const one of [a, b]) await lines.join(one)
  expect([await lines.turn(a), await lines.turn(b)]).toEqual([{ is: 'now' }, { is: 'now' }])
})

test('a newer message of the subject overtakes, one of another subject does not, also when it has left', async () => {
  const lines = setUp()
  const [old, other, newer] = [place('a', 1, 's'), place('b', 2), place('c', 3, 's')]
  for (const one of [newer, other, old]) await lines.join(one)
  await lines.leave('ops', newer.job)
  expect(await lines.turn(old)).toEqual({ is: 'overtaken' })
  await lines.leave('ops', old.job)
  expect(await lines.turn(other)).toEqual({ is: 'now' })
})

test('joining again changes nothing', async () => {
  const lines = setUp()
  const [a, b] = [place('a', 1, 's'), place('b', 2, 's')]
  for (const one of [a, b, a]) await lines.join(one)
  expect(await lines.turn(a)).toEqual({ is: 'overtaken' })
  expect(await lines.turn(b)).toEqual({ is: 'wait', before: 1, first: 'a' })
})

test('what is kept of subjects is forgotten after two days, and a line leaves nothing', async () => {
  const clock = { ms: Date.now() }
  const lines = setUp(() => clock.ms)
  await lines.join(place('a', 1))
  await lines.leave('ops', 'a')
  clock.ms += 3 * DAY
  await lines.join(place('b', 2))
  await lines.leave('ops', 'b')
  expect(await bed.redis.keys('*')).toEqual([])
})

test('a line tells how many wait, and how old the news of the first one is', async () => {
  const lines = setUp()
  expect(await lines.waiting('ops')).toEqual({ count: 0 })
  const [a, b] = [place('a', 2), place('b', 1)]
  for (const one of [a, b]) await lines.join(one)
  expect(await lines.waiting('ops')).toEqual({ count: 2, oldestAt: Date.parse(b.at) })
  await lines.leave('ops', 'b')
  expect(await lines.waiting('ops')).toEqual({ count: 1, oldestAt: Date.parse(a.at) })
})
