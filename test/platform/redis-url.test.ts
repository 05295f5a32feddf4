import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRedisUrl, placeOf } from '../../src/platform/redis-url.ts'

test('the URL of a single server goes to ioredis unchanged', () => {
  expect(parseRedisUrl('rediss://me:pass@redis:6380/2')).toEqual({ url: 'rediss://me:pass@redis:6380/2' })
})

test('a cluster’s URL names some of its nodes', () => {
  expect(parseRedisUrl('redis+cluster://a:7000,b')).toEqual({
    nodes: [
      { host: 'a', port: 7000 },
      { host: 'b', port: 6379 },
    ],
    ...{ login: {}, isTls: false },
  })
  const secured = parseRedisUrl('rediss+cluster://tally:p%40s%3As@[::1]:7000/')
  expect(secured).toEqual({
    nodes: [{ host: '::1', port: 7000 }],
    ...{ login: { username: 'tally', password: 'p@s:s' }, isTls: true },
  })
})

test('a URL of sentinels names their master and may hold credentials for the sentinels', () => {
  expect(parseRedisUrl('redis+sentinel://a,b:26380/mymaster')).toEqual({
    sentinels: [
      { host: 'a', port: 26379 },
      { host: 'b', port: 26380 },
    ],
    ...{ master: 'mymaster', database: 0, login: {}, sentinelLogin: {}, isTls: false },
  })
  const url = 'rediss+sentinel://:pass@a/mymaster/3?sentinelUsername=watch&sentinelPassword=p%26w'
  expect(parseRedisUrl(url)).toEqual({
    sentinels: [{ host: 'a', port: 26379 }],
    ...{ master: 'mymaster', database: 3, login: { password: 'pass' }, isTls: true },
    sentinelLogin: { username: 'watch', password: 'p&w' },
  })
})

test.each([
  ['http://hunter2@a', 'expected redis://host:port, '],
  ['redis://:hunter2@a:1,b:2', 'expected redis://host:port, '],
  ['redis+cluster://', 'expected host:port,host:port'],
  ['redis+cluster://a:0', 'expected host:port,host:port'],
  ['redis+cluster://a:65536', 'expected host:port,host:port'],
  ['redis+cluster://a,,b', 'expected host:port,host:port'],
  ['redis+cluster://:hunter2@b@a', 'expected redis://host:port, '],
  ['redis+cluster://:hunter2%@a', 'expected % only before'],
  ['redis+cluster://:hunter2@a/0', 'expected nothing after the hosts'],
  ['redis+cluster://a?db=hunter2', 'expected nothing after the hosts'],
  ['redis+sentinel://:hunter2@a', "expected the master's name"],
  ['redis+sentinel://a/mymaster/hunter2', "expected nothing after the master's name"],
  ['redis+sentinel://a/mymaster/0/1', "expected nothing after the master's name"],
  ['redis+sentinel://a/mymaster?password=hunter2', 'expected no parameters but'],
])('%s is refused, and the error tells what was expected', (url, message) => {
  expect(() => parseRedisUrl(url)).toThrow(message)
  expect(() => parseRedisUrl(url)).not.toThrow('hunter2')
})

const port = fc.integer({ min: 1, max: 65_535 })
const address = fc.record({ host: fc.domain(), port })
const anyTarget = fc.record({
  addresses: fc.array(address, { minLength: 1, maxLength: 5 }),
  username: fc.string({ minLength: 1, unit: 'binary' }),
  password: fc.string({ minLength: 8, unit: 'binary' }),
})

test('any credentials are read back from a URL, and no text for people holds them', () => {
  fc.assert(
    fc.property(anyTarget, ({ addresses, username, password }) => {
      const hosts = addresses.map(({ host, port }) => `${host}:${port}`).join(',')
      const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`
      const target = parseRedisUrl(`redis+cluster://${login}@${hosts}`)
      expect(target).toEqual({ nodes: addresses, login: { username, password }, isTls: false })
      expect(placeOf(target)).toBe(`the cluster of ${hosts.replaceAll(',', ', ')}`)
      const watched = parseRedisUrl(
        `redis+sentinel://${login}@${hosts}/m?sentinelPassword=${encodeURIComponent(password)}`,
      )
      expect(watched).toMatchObject({ login: { username, password }, sentinelLogin: { password } })
      expect(placeOf(watched)).toBe(`m of the sentinels ${hosts.replaceAll(',', ', ')}`)
    }),
  )
})
