import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage, makeReferrer } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { digestAt, startTrials, type Trials } from './trials-bed.ts'

/** What the queue may hold, and who asks too often. */
let trials: Trials
let queues: Queues
const image = makeImage({ layers: [{ seed: 'old', bytes: 1_000 }] })

beforeAll(async () => {
  trials = await startTrials({
    rules: [
      {
        ...{ name: 'releases', settle: '1ms', when: 'push' },
        from: { registry: 'ci', repository: 'team/*', tag: 'v*' },
        to: { registry: 'production', repository: 'released/{name}' },
      },
      {
        ...{ name: 'aged', settle: '1ms', gates: [{ type: 'minAge', age: '1h' }] },
        from: { registry: 'ci', repository: 'aged/*', tag: 'v*' },
        to: { registry: 'production', repository: 'aged/{name}' },
      },
    ],
  })
  queues = makeQueues(trials.redis, 'tallyman')
})
afterAll(async () => {
  if (queues !== undefined) await closeQueues(queues)
  await trials?.close()
})

test('what refers to an image that the target has not any more is given up at once', async () => {
  const { root } = makeReferrer(image.root, 'nobody has it')
  const to = { registry: 'production', repository: 'released/none' }
  const job = await queues.promotion.add('promotion', {
    ...{ kind: 'follow', registry: 'ci', repository: 'team/none', subject: root.digest, to, mend: true },
  })
  await eventually(
    async () => (await job.getState()) as string,
    (state) => state === 'failed',
  )
})

test('a job that is done tells no reason of an attempt that failed before', async () => {
  trials.production.faults.onRequest(() => ({ status: 500 }))
  await pushImage(trials.ci.client, 'team/again', 'v1', image)
  await eventually(
    () => trials.promotions('team/again/'),
    ([job]) => job?.failedReason !== undefined,
  )
  trials.production.faults.reset()
  const [job] = await trials.hastened('team/again/')
  expect(job).toMatchObject({ state: 'done', failedReason: expect.stringContaining('500') })
  expect(await trials.tallyman.get(`/v1/jobs/promotion/${job?.id}`)).toMatchObject({
    ...{ state: 'completed', failedReason: null },
  })
})

test('a push that is dated back does not pass the gate minAge', async () => {
  await pushImage(trials.ci.client, 'aged/app', 'v1', image)
  await trials.heard()
  const [honest] = await trials.promotions('aged/app')
  expect(honest?.state).toBe('in hand')
  const { digest, mediaType, size } = image.root
  const target = { repository: 'aged/app', tag: 'v1', digest, mediaType, size }
  const timestamp = new Date(Date.now() - 86_400_000).toISOString()
  await supertest(trials.tallyman.app.server)
    .post('/v1/events')
    .set('authorization', `Bearer ${WEBHOOK_TOKEN}`)
    .set('content-type', 'application/vnd.docker.distribution.events.v1+json')
    .send(JSON.stringify({ events: [{ id: 'forged', timestamp, action: 'push', target }] }))
    .expect(202)
  const jobs = await eventually(
    () => trials.promotions('aged/app'),
    (all) => all.length === 2 && all.every(({ state, why }) => state === 'done' || why !== undefined),
  )
  expect(jobs.map(({ why }) => why)).toEqual([
    expect.stringMatching(/^at a gate: minAge/),
    expect.stringMatching(/^at a gate: minAge/),
  ])
  expect(await digestAt(trials.production.client, 'aged/app', 'v1')).toBeUndefined()
})
