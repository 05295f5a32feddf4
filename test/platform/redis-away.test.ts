import { expect, test } from 'vitest'
import { isRedisAway, whyAway } from '../../src/platform/redis-away.ts'

test.each([
  'Connection is closed.',
  'Command timed out',
  "Stream isn't writeable and enableOfflineQueue options is false",
  'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.',
  "Cluster isn't ready and enableOfflineQueue options is false",
  'Cluster is ended.',
  'Too many Cluster redirections. Last error: ReplyError: MOVED 12125 127.0.0.1:44081',
  'Too many Cluster redirections. Last error: Error: Connection is closed.',
  'Failed to refresh slots cache.',
  'None of startup nodes is available',
  'All sentinels are unreachable. Retrying from scratch after 100ms.',
  'CLUSTERDOWN The cluster is down',
  'CLUSTERDOWN Hash slot not served',
  'TRYAGAIN Multiple keys request during rehashing of slot',
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  "READONLY You can't write against a read only replica.",
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  'NOREPLICAS Not enough good replicas to write.',
  'LOADING Redis is loading the dataset in memory',
  'EXECABORT Transaction discarded because of previous errors.',
])('%s: Redis is away or refuses for now', (message) => {
  expect(isRedisAway(new Error(message))).toBe(true)
})

test.each([
  "CROSSSLOT Keys in request don't hash to the same slot",
  'WRONGTYPE Operation against a key holding the wrong kind of value',
  'ERR value is not an integer or out of range',
  'registry "ci" is not configured',
])('%s: an internal error', (message) => {
  expect(isRedisAway(new Error(message))).toBe(false)
})

const withCode = (code: string) => Object.assign(new Error(`connect ${code} 127.0.0.1:6379`), { code })

test.each([
  [withCode('ECONNREFUSED'), 'nothing listens there'],
  [new AggregateError([withCode('ECONNREFUSED')]), 'nothing listens there'],
  [withCode('ENOTFOUND'), 'its host is unknown'],
  [new Error("Socket timeout. Expecting data, but didn't receive any in 12000ms."), 'it does not answer'],
  [Object.assign(new Error('NOAUTH Authentication required.'), { name: 'ReplyError' }), /"NOAUTH .*"/],
])('%s: why Redis is away, in words for people', (error, words) => {
  expect(whyAway(error)).toMatch(words)
})
