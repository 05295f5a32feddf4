import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeDeliver } from '../../src/alerts/deliver.ts'
import { makeDeliveries } from '../../src/alerts/deliveries.ts'
import { makeLines } from '../../src/alerts/lines.ts'
import { NotYet } from '../../src/alerts/not-yet.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { sampleAlert, sampleMessage } from './sample-alert.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

test('of many messages that wait for a channel, few look in each second, and the first ones soon', async () => {
  const redis = { redis: bed.redis, prefix: 't' }
  const lines = makeLines(redis)
  const deliver = makeDeliver({
    ...{ queues, lines, deliveries: makeDeliveries(redis), metrics: makeMetrics(), log: keepLines().log },
  })
  const channel = { name: 'pager', send: async () => {} }
  const ids = Array.from({ length: 1_500 }, (_, n) => `job${n}`)
  const at = (n: number) => new Date(Date.now() + n).toISOString()
  await queues.alerts.add(
    'alerts',
    { kind: 'deliver', alert: sampleAlert, channel: 'pager' },
    { jobId: 'job0', delay: 60_000 },
  )
  for (const [n, job] of ids.entries())
    await lines.join({ channel: 'pager', job, subject: `ci/${n}`, at: at(n) })
  const waits = await Promise.all(
    ids.slice(1).map(async (job, i) => {
      const message = { ...sampleMessage, subject: `ci/${i + 1}`, at: at(i + 1) }
      const error = await deliver.inTurn({ channel, job, message, attempt: 1 }).catch((one) => one)
      expect(error).toBeInstanceOf(NotYet)
      return (error as NotYet).waitMs
    }),
  )
  expect(waits.slice(0, 3)).toEqual([1_000, 2_000, 3_000])
  const looksInASecond = waits.reduce((sum, ms) => sum + 1_000 / ms, 0)
  expect(looksInASecond).toBeLessThan(12)
})
