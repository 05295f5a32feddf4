import { expect, test } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeEventDeliveries } from '../../src/outgoing/deliveries.ts'
import { makeSend, makeTell } from '../../src/outgoing/tell.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'

const bed = useRedis()

test('an event that fails is sent again, unless too many others wait; one that arrives is never given up', async () => {
  const queues = makeQueues(bed.redis, 't')
  const receiver = (name: string, send: () => Promise<void>) => ({ name, takes: () => true, send })
  const down = receiver('down', async () => {
    throw new Error('it is down')
  })
  const receivers = [down, receiver('up', async () => {})]
  const change = (id: string) => ({ id, at: '', type: 'image.promoted', subject: id, scope: id, data: {} })
  const tell = makeTell({ queues, receivers })
  const { log } = keepLines()
  const deliveries = makeEventDeliveries({ redis: bed.redis, prefix: 't' })
  const { send } = makeSend({ receivers, deliveries, queues, log, metrics: makeMetrics(), mostWaiting: 2 })
  try {
    await tell([change('a')])
    const sent = { change: change('a'), to: 'down' }
    await expect(send(sent, 1)).rejects.toMatchObject({ name: 'Error', message: 'it is down' })
    await tell([change('b')])
    await expect(send(sent, 2)).rejects.toMatchObject({
      ...{ name: 'UnrecoverableError', message: 'it is down; more than 2 events wait' },
    })
    expect(await send({ ...sent, to: 'up' }, 1)).toEqual({ is: 'sent' })
  } finally {
    await closeQueues(queues)
  }
})
