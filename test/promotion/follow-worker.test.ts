import { Redis } from 'ioredis'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { makeAskFollow } from '../../src/promotion/ask-follow.ts'
import { makeAwaitedPromotions } from '../../src/promotion/awaited-promotions.ts'
import { makeFollowed } from '../../src/promotion/follow.ts'
import type { FollowOutcome } from '../../src/promotion/follow-image.ts'
import { refused, waiting } from '../../src/promotion/outcome.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import { promotionWorker } from '../../workers/promotion.ts'

/** How the worker carries out what follows an image, with a real queue. */
const at = useRedis()
const from = { registry: 'ci', repository: 'team/app' }
const digest = `sha256:${'a'.repeat(64)}`
const to = { registry: 'production', repository: 'released/app', tag: 'v1' }

/** The worker. What carries out a job answers with `outcomes`, one after the other. */
async function startWorker(outcomes: FollowOutcome[]) {
  const connection = new Redis(at.server.port, { maxRetriesPerRequest: null })
  const queues = makeQueues(at.redis, 'test')
  const shared = { redis: at.redis, prefix: 'test', queues }
  const [awaited, followed] = [makeAwaitedPromotions(shared), makeFollowed(shared)]
  const place = { rule: 'releases', project: 'ci/team', tag: 'v1', digest, to }
  await followed.add(from, [digest], { ...place, at: Date.now() }, 60_000)
  const askedAt: number[] = []
  const worker = promotionWorker(
    {
      ...{
        connection,
        prefix: 'test',
        log: pino({ level: 'silent' }),
        outage: { takes: () => false },
        metrics: makeMetrics(),
      },
    },
    {
      rememberWaiting: awaited.add,
      forget: awaited.end,
      async followImage(_, attempt) {
        askedAt.push(attempt.askedAt)
        const outcome = outcomes.shift()
        if (outcome === undefined) throw new Error('it is asked too often')
        return outcome
      },
    } as Parameters<typeof promotionWorker>[1],
  )
  onTestFinished(async () => {
    await worker.close()
    await closeQueues(queues)
    connection.disconnect()
  })
  const job = async () => (await queues.promotion.getJobs())[0]
  return {
    askedAt,
    ask: () => makeAskFollow({ queues, followed, awaited })(from, digest),
    /** Resolves to the job once it is in the state. */
    async until(state: string) {
      await eventually(
        async () => (await job())?.getState(),
        (found) => found === state,
      )
      return job()
    },
  }
}

test('what waits at a gate says which, is no failed attempt, and goes on when something refers to the image', async () => {
  const shut = { gate: 'flag', state: 'waiting' as const, why: 'the flag of ci/team is exceeded' }
  const { ask, until } = await startWorker([
    { ...waiting('at a gate: flag', Date.now() + 3_600_000), gates: [shut] },
    { state: 'followed', copied: 1 },
  ])
  await ask()
  expect(await until('delayed')).toMatchObject({
    ...{ attemptsMade: 0, data: { kind: 'follow', ...from, subject: digest } },
    progress: { why: 'at a gate: flag', gates: [shut] },
  })
  await ask()
  expect((await until('completed'))?.returnvalue).toEqual({ state: 'followed', copied: 1 })
})

test('what has waited long enough has failed, and waits anew once somebody retries it', async () => {
  const { ask, until, askedAt } = await startWorker([
    refused('it has waited long enough at flag'),
    { state: 'followed', copied: 0 },
  ])
  await ask()
  const failed = await until('failed')
  expect(failed).toMatchObject({ failedReason: 'it has waited long enough at flag', attemptsMade: 1 })
  await failed?.retry()
  await until('completed')
  const [first = 0, second = 0] = askedAt
  expect(second).toBeGreaterThan(first)
})
