import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { makePush, pullEvent } from '../../lab/event-source.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { ADMIN_TOKEN, eventually } from '../../lab/tallyman.ts'
import { makeQuarantine } from '../../src/events/quarantine.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const PULLS = 4_200
const KILLS = 3

/** Of what the API answers, what is looked at. */
interface Answer {
  replayed?: number
  pulls?: number
  queues?: { waiting: number; active: number }[]
}

test('the API is killed again and again while all is replayed: each pull is counted, and once', async () => {
  const server = await startRedis()
  closers.push(server.close)
  const redis = new Redis(server.port)
  closers.push(async () => redis.disconnect())
  const service = await makeService({ redisUrl: server.url })
  closers.push(service.close)
  const quarantine = makeQuarantine({ redis, prefix: 'tallyman' })
  const receivedAt = new Date().toISOString()
  for (let n = 0; n < PULLS; n++)
    await quarantine.add({ registry: 'ci', receivedAt, reason: 'odd', event: pullEvent(makePush(0, 0, n)) })

  const ask = async (method: string, path: string): Promise<Answer> => {
    const answer = await fetch(`${service.url}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{"all":true}' }),
    })
    return answer.json() as Promise<Answer>
  }
  for (let kill = 0; kill < KILLS; kill++) {
    const api = await service.startApi()
    const replayed = ask('POST', 'quarantine/replay').catch(() => 'killed')
    const enough = (await quarantine.count()) - randomInt(PULLS / KILLS / 2)
    while ((await quarantine.count()) >= enough) await sleep(randomInt(2))
    await api.stop('SIGKILL')
    expect(await replayed).toBe('killed')
  }
  const left = await quarantine.count()
  await service.startWorker('events')
  await service.startApi()
  expect(await ask('POST', 'quarantine/replay')).toEqual({ replayed: left })
  const path = `projects/${encodeURIComponent('ci/team-0/app')}`
  await eventually(
    () => ask('GET', path),
    ({ pulls }) => pulls === PULLS,
    30_000,
  )
  // No job that is still to come counts one again.
  await eventually(
    () => ask('GET', 'jobs'),
    ({ queues }) => queues?.[0]?.waiting === 0 && queues[0].active === 0,
  )
  expect((await ask('GET', path)).pulls).toBe(PULLS)
  expect(await quarantine.count()).toBe(0)
}, 120_000)
