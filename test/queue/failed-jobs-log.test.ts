import { UnrecoverableError } from 'bullmq'
import { afterEach, expect, test } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { makeWorker } from '../../src/queue/make-worker.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'

const redisOf = useRedis()
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

test.each([
  [
    'that another attempt may mend',
    new Error('busy'),
    'a job of quota failed and has 4 attempts left: busy',
    4,
  ],
  ['that none mends', new UnrecoverableError('refused'), 'a job of quota failed and is given up: refused', 0],
])('the log tells of an error %s how many attempts are left', async (_, error, message, attemptsLeft) => {
  const { redis } = redisOf
  const queues = makeQueues(redis, 'lab')
  closers.push(() => closeQueues(queues))
  const { log, lines } = keepLines()
  const context = {
    connection: redis,
    prefix: 'lab',
    log,
    outage: { takes: () => false },
    metrics: makeMetrics(),
  }
  const worker = makeWorker('quota', context, () => Promise.reject(error))
  closers.push(() => worker.close())
  await queues.quota.add('quota', { kind: 'project', id: 'ci/a' }, { attempts: 5, backoff: 60_000 })
  await eventually(
    async () => lines.length,
    (count) => count > 0,
  )
  expect(lines).toMatchObject([{ msg: message, attemptsLeft }])
})
