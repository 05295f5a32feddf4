import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { makePush, pullEvent } from '../../lab/event-source.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

test('what an API acknowledged that is killed at once is indexed by workers, though nothing comes after it', async () => {
  const server = await startRedis()
  closers.push(server.close)
  const redis = new Redis(server.port)
  closers.push(async () => redis.disconnect())
  const service = await makeService({ redisUrl: server.url })
  closers.push(service.close)
  const inbox = () => redis.llen('{tallyman}:events:inbox')

  let acknowledged = 0
  // A kill within the 25 ms after the answer; should one come too late, once more.
  while ((await inbox()) === 0) {
    const api = await service.startApi()
    const answer = await fetch(`${service.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: [pullEvent(makePush(0, 0, acknowledged))] }),
    })
    api.child.kill('SIGKILL')
    expect(answer.status).toBe(202)
    acknowledged++
    await api.stop('SIGKILL')
  }
  await service.startWorker('events')
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  await eventually(
    () => index.usage('ci/team-0/app'),
    (usage) => usage?.pulls === acknowledged,
  )
  expect(await inbox()).toBe(0)
}, 60_000)
