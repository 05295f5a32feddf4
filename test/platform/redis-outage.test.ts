import { Cluster, Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeRedisOutage } from '../../src/platform/redis-outage.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Connections that never connect: the tests emit their events. */
const single = () => new Redis({ lazyConnect: true })
const cluster = () => new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true })

const REFUSED = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
const NO_CONNECTION = new Error('Connection is closed.')
const FULL = Object.assign(new Error('OOM command not allowed. script: 12ab, on @user_script:9.'), {
  name: 'ReplyError',
})

function outageOf(...connections: (Redis | Cluster)[]) {
  const lines: string[] = []
  const note = (_: object, line: string) => void lines.push(line)
  const outage = makeRedisOutage({ log: { warn: note, info: note } as never, where: 'redis:6379' })
  for (const connection of connections) outage.watch(connection)
  return { ...outage, lines, seconds: (count: number) => void vi.advanceTimersByTime(count * 1_000) }
}

/** What ioredis emits for an attempt that fails. */
function fail(connection: Redis | Cluster): void {
  connection.emit('error', REFUSED)
  connection.emit('close')
  connection.emit('reconnecting')
}

const AWAY = /^Redis at redis:6379 is away \(since 20\S+Z\): nothing listens there\. Deliveries get 503/

test('an outage of ten minutes, with attempts of two connections each second, is a line a minute and one at its end', () => {
  const [http, work] = [single(), single()]
  const { lines, seconds } = outageOf(http, work)
  for (let second = 0; second < 598; second++) {
    for (const connection of [http, work]) fail(connection)
    seconds(1)
  }
  expect(lines).toHaveLength(10)
  for (const line of lines) expect(line).toMatch(AWAY)
  http.emit('ready')
  expect(lines).toHaveLength(10)
  seconds(1)
  work.emit('ready')
  expect(lines.slice(10)).toEqual(['Redis at redis:6379 is back: it was away for 9m 59s'])
  seconds(600)
  expect(lines).toHaveLength(11)
})

test('the line of each minute gives the newest reason, also if nothing more is heard of the connection', () => {
  const redis = single()
  const { lines, seconds } = outageOf(redis)
  redis.emit('reconnecting')
  expect(lines.at(-1)).toContain('the connection is lost')
  fail(redis)
  seconds(60)
  expect(lines).toEqual([expect.any(String), expect.stringMatching(AWAY)])
})

test('a Redis that goes and comes each second does not fill the log', () => {
  const redis = single()
  const { lines, seconds } = outageOf(redis)
  for (let second = 0; second < 120; second++) {
    fail(redis)
    seconds(0.5)
    redis.emit('ready')
    seconds(0.5)
  }
  expect(lines.filter((line) => AWAY.test(line))).toHaveLength(2)
  expect(lines).toHaveLength(4)
})

test('a Redis that refuses is quoted without the name of our script, and is back once nothing was refused for a while', () => {
  const { lines, takes, seconds } = outageOf(single())
  for (let second = 0; second < 90; second++) {
    expect(takes(FULL)).toBe(true)
    seconds(1)
  }
  expect(lines).toHaveLength(2)
  expect(lines[0]).toContain('refuses commands (since ')
  expect(lines[0]).toContain('): it answers "OOM command not allowed". Deliveries get 503')
  seconds(20)
  expect(lines.slice(2)).toEqual(['Redis at redis:6379 is back: it was away for 1m 29s'])
})

test('a node of a cluster that is away is named', () => {
  const redis = cluster()
  const { lines, seconds } = outageOf(redis)
  for (let second = 0; second < 20; second++) {
    redis.emit('node error', REFUSED, '10.0.0.2:6379')
    seconds(1)
  }
  expect(lines).toEqual([expect.stringContaining('its node 10.0.0.2:6379: nothing listens there')])
  seconds(20)
  expect(lines).toHaveLength(2)
})

test('errors of commands are taken if Redis says so or is away; those of other peers and of programs are not', () => {
  const redis = single()
  const { lines, takes, seconds } = outageOf(redis)
  expect([takes(REFUSED), takes(new Error('WRONGTYPE')), takes('text')]).toEqual([false, false, false])
  expect(lines).toEqual([])
  expect(takes(NO_CONNECTION)).toBe(true)
  expect(lines).toHaveLength(1)
  seconds(30)
  fail(redis)
  expect(takes(REFUSED)).toBe(true)
})

test('a stop, which ends all connections, says nothing', () => {
  const [http, work] = [single(), single()]
  const { lines, takes, seconds } = outageOf(http, work)
  for (const connection of [http, work]) {
    connection.emit('close')
    connection.emit('end')
  }
  takes(NO_CONNECTION)
  seconds(120)
  expect(lines).toEqual([])
})
