import { randomUUID } from 'node:crypto'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { startRedis } from '../../lab/redis.ts'
import { eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman()
})
afterAll(() => tallyman.close())

/** Delivers a new event each time. */
const deliver = () =>
  supertest(tallyman.app.server)
    .post('/v1/events')
    .set({ authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' })
    .send({
      events: [
        {
          ...{ id: randomUUID(), timestamp: RECENTLY, action: 'push' },
          target: {
            ...{ repository: 'team/app', mediaType: 'application/octet-stream', size: 100 },
            digest: `sha256:${'a'.repeat(64)}`,
          },
        },
      ],
    })

test('answers 503 while Redis is away, and takes events again once it is back', async () => {
  expect((await deliver()).status).toBe(202)
  await eventually(
    () => tallyman.get<{ unreferencedBytes: number }>('/v1/projects/ci%2Fteam%2Fapp'),
    (project) => project.unreferencedBytes === 100,
  )
  await tallyman.redis.process.stop('SIGKILL')
  const refused = await eventually(
    () => deliver().then((answer) => answer),
    (answer) => answer.status === 503,
  )
  expect(refused.headers['retry-after']).toBe('1')
  expect(refused.body.detail).toContain('Redis')
  expect((await supertest(tallyman.app.server).get('/readyz')).status).toBe(503)
  expect((await supertest(tallyman.app.server).get('/livez')).status).toBe(200)

  const { port, folder } = tallyman.redis
  const again = await startRedis({ port, folder })
  try {
    await eventually(deliver, (answer) => answer.status === 202)
    await eventually(
      () => tallyman.get<{ unreferencedBytes: number }>('/v1/projects/ci%2Fteam%2Fapp'),
      (project) => project.unreferencedBytes === 100,
    )
  } finally {
    await again.process.stop()
  }
})
