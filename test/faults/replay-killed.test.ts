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

const PULLS_A_KILL = 1_400
const KILLS = 3

/** The fields of the API's answers that the test reads. */
interface Answer {
  replayed?: number
  pulls?: number
  queues?: { waiting: number; active: number }[]
}

test('the API is killed again and again while it replays everything: each pull is counted once', async () => {
  const server = await startRedis()
  closers.push(server.close)
  const redis = new Redis(server.port)
  closers.push(async () => redis.disconnect())
  const service = await makeService({ redisUrl: server.url })
  closers.push(service.close)
  const quarantine = makeQuarantine({ redis, prefix: 'tallyman' })
  const receivedAt = new Date().toISOString()
  let quarantined = 0
  const fill = async (count: number) => {
    const events = Array.from({ length: count }, () => pullEvent(makePush(0, 0, quarantined++)))
    await Promise.all(
      events.map((event) => quarantine.add({ registry: 'ci', receivedAt, reason: 'odd', event })),
    )
  }

  const ask = async (method: string, path: string): Promise<Answer> => {
    const answer = await fetch(`${service.url}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{"all":true}' }),
    })
    return answer.json() as Promise<Answer>
  }
  for (let kills = 0; kills < KILLS; ) {
    await fill(PULLS_A_KILL)
    const api = await service.startApi()
    const replayed = ask('POST', 'quarantine/replay').catch(() => 'killed')
    const enough = (await quarantine.count()) - randomInt(PULLS_A_KILL / 2)
    while ((await quarantine.count()) >= enough) await sleep(randomInt(2))
    await api.stop('SIGKILL')
    // On a busy machine the replay may have ended before the kill: then it was no kill.
    if ((await replayed) === 'killed') kills++
  }
  await fill(1)
  await service.startWorker('events')
  await service.startApi()
  // The worker removes the entries that a killed API had queued already; the count stands still once it is done.
  await untilDone()
  const left = await quarantine.count()
  expect(left).toBeGreaterThan(0)
  expect(await ask('POST', 'quarantine/replay')).toEqual({ replayed: left })
  const path = `projects/${encodeURIComponent('ci/team-0/app')}`
  await eventually(
    () => ask('GET', path),
    ({ pulls }) => pulls === quarantined,
  )
  // No job that is left counts a pull again.
  await untilDone()
  expect((await ask('GET', path)).pulls).toBe(quarantined)
  expect(await quarantine.count()).toBe(0)

  async function untilDone(): Promise<void> {
    await eventually(
      () => ask('GET', 'jobs'),
      ({ queues }) => queues?.[0]?.waiting === 0 && queues[0].active === 0,
    )
  }
})
