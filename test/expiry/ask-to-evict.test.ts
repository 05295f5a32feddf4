import { pino } from 'pino'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeAskToEvict } from '../../src/expiry/ask-to-evict.ts'
import type { RunnablePolicy } from '../../src/expiry/expiry-settings.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { closeWorkers } from '../../src/queue/close-workers.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { expiryWorker } from '../../workers/expiry.ts'
import { sampleRun } from './sample-run.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const policy = (name: string, more: Partial<RunnablePolicy> = {}): RunnablePolicy =>
  ({
    ...{ name, registry: 'ci', project: 'ci/team-*/**', repository: '**', mode: 'apply', rules: [] },
    ...{ evict: { to: 0.8, order: 'oldest' }, ...more },
  }) as RunnablePolicy

test('a project that comes over its quota asks for one run of each policy that evicts there', async () => {
  const ask = makeAskToEvict({
    queues,
    policies: () => [
      policy('caches'),
      policy('plans', { mode: 'plan' }),
      policy('rules', { evict: undefined } as Partial<RunnablePolicy>),
      policy('other', { registry: 'production' }),
      policy('elsewhere', { project: 'ci/team-b/**' }),
    ],
  })
  await ask('ci/team-a/app')
  await ask('ci/team-a/web')
  await ask('ci/base')
  const jobs = await queues.expiry.getJobs()
  expect(jobs.map(({ data }) => data)).toEqual([
    {
      ...{ policy: 'caches', registry: 'ci', dryRun: false, acceptShare: false },
      by: 'the quota of ci/team-a/app',
    },
  ])
  expect(jobs[0]?.opts.delay).toBe(600_000)
})

test('a project that comes over its quota while a run evicts gets one more run after that', async () => {
  const ask = makeAskToEvict({ queues, policies: () => [policy('caches')] })
  /** Lets the job that waits begin now. Gives the jobs that wait then. */
  const waiting = () => queues.expiry.getDelayed()
  const begin = async () => {
    const [job] = await waiting()
    await job?.promote()
  }
  const runs: { by: string; end: () => void }[] = []
  const running = async (count: number) => {
    await eventually(
      async () => runs.length,
      (length) => length === count,
    )
    return runs[count - 1]
  }
  const connection = await connectPatiently({ url: bed.server.url })
  const log = pino({ level: 'silent' })
  const worker = expiryWorker(
    { connection, prefix: 't', log, outage: { takes: () => false }, metrics: makeMetrics() },
    {
      queues,
      isTurn: async () => true,
      expiry: {
        async run({ by, plan: _, ...request }, identity) {
          const { promise, resolve } = Promise.withResolvers<void>()
          runs.push({ by, end: resolve })
          await promise
          return sampleRun({ ...request, ...identity, by, state: 'done' })
        },
      },
    },
    1,
  )
  onTestFinished(async () => {
    for (const { end } of runs) end()
    await closeWorkers([worker], connection)
    connection.disconnect()
  })

  await ask('ci/team-a/app')
  await begin()
  const first = await running(1)
  for (const project of ['ci/team-a/web', 'ci/team-a/api']) await ask(project)
  // It would find what the run in hand is about to delete.
  expect(await waiting()).toEqual([])
  first?.end()
  const next = await eventually(waiting, (jobs) => jobs.length > 0)
  expect(next.map(({ data, opts }) => [data.by, opts.delay])).toEqual([
    ['the quota of ci/team-a/api', 600_000],
  ])
  // It has not begun, so it is for those that come over theirs now, too.
  await ask('ci/team-a/app')
  expect((await waiting()).map(({ id }) => id)).toEqual(next.map(({ id }) => id))

  await begin()
  const second = await running(2)
  second?.end()
  await eventually(
    () => queues.expiry.getCompletedCount(),
    (count) => count === 2,
  )
  expect(await waiting()).toEqual([])
  await ask('ci/team-a/web')
  expect(await waiting()).toHaveLength(1)
})
