import { type Job, Worker } from 'bullmq'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { closeQueues, makeQueues, type Queues, queuePrefix } from '../../src/queue/queues.ts'
import { projectSubject, type QuotaSubject, subjectKey } from '../../src/queue/quota-subject.ts'
import { makeOverrides } from '../../src/quota/overrides.ts'
import { makeQuotas } from '../../src/quota/quotas.ts'
import { lookAgain, makeRecheckQuotas, recheck } from '../../src/quota/recheck.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const keysOf = (jobs: Job<QuotaSubject>[]) => jobs.map(({ data }) => subjectKey(data)).sort()
const waiting = async () => keysOf(await queues.quota.getJobs(['waiting']))
const delayed = async () => keysOf(await queues.quota.getJobs(['delayed']))
const A = projectSubject('ci/team-a')

test('each changed project with a quota, an override or a group gets one job, and its registry one that waits', async () => {
  const manner = { measure: 'unique', warnAt: [0.8], limit: 1_000 } as const
  const quotas = makeQuotas(
    [
      { ...manner, project: 'ci/team-*' },
      { ...manner, project: 'ci/slow', measure: 'tagged' },
      { ...manner, group: 'base', projects: ['ci/base-*'] },
      { ...manner, registry: 'ci' },
    ],
    ['ci', 'hub'],
  )
  const overrides = makeOverrides({ redis: bed.redis, prefix: 't', now: Date.now })
  await overrides.set('hub/raised', { limit: 1, by: null, why: null, since: '', until: null })
  const recheckQuotas = makeRecheckQuotas({ queues, overrides, quotas: () => quotas })
  await recheckQuotas(['ci/team-a', 'ci/other', 'ci/slow'])
  await recheckQuotas(
    new Set(['ci/other', 'ci/team-b', 'ci/team-a', 'ci/base-go', 'hub/raised', 'hub/other']),
  )
  expect(await waiting()).toEqual(
    ['ci/base-go', 'ci/team-a', 'ci/team-b', 'hub/raised'].map((id) => `project:${id}`),
  )
  expect(await delayed()).toEqual(['project:ci/slow', 'registry:ci'])
})

test('nothing is asked for if nothing has changed', async () => {
  const overrides = makeOverrides({ redis: bed.redis, prefix: 't', now: Date.now })
  await makeRecheckQuotas({ queues, overrides, quotas: () => makeQuotas([], []) })([])
  expect(await waiting()).toEqual([])
})

test('changes while a project is checked lead to one more check, and changes while one waits to none', async () => {
  // Takes jobs only when asked to.
  const worker = new Worker('quota', null, { connection: bed.redis, prefix: queuePrefix('t') })
  await recheck(queues, [A])
  await recheck(queues, [A])
  expect(await waiting()).toEqual(['project:ci/team-a'])

  const running = await worker.getNextJob('token')
  await recheck(queues, [A])
  await recheck(queues, [A])
  expect(await waiting()).toEqual([])
  await running?.moveToCompleted(undefined, 'token', false)
  expect(await waiting()).toEqual(['project:ci/team-a'])

  const last = await worker.getNextJob('token')
  await last?.moveToCompleted(undefined, 'token', false)
  expect(await waiting()).toEqual([])
  await worker.close()
})

test('a group is looked at once in some seconds, however often its projects change', async () => {
  const group: QuotaSubject = { kind: 'group', id: 'platform' }
  for (let n = 0; n < 20; n++) await recheck(queues, [group])
  const [job, ...others] = await queues.quota.getJobs(['delayed'])
  expect([job?.data, others]).toEqual([group, []])
  expect(job?.opts.delay).toBeGreaterThan(1_000)
})

test('a look at a time waits beside those of changes, and only the newest one waits', async () => {
  await lookAgain(queues, A, 3_600_000)
  await lookAgain(queues, A, 7_200_000)
  await lookAgain(queues, A, 60_000)
  await lookAgain(queues, projectSubject('ci/team-b'), 60_000)
  await recheck(queues, [A])
  expect(await waiting()).toEqual(['project:ci/team-a'])
  const jobs = await queues.quota.getJobs(['delayed'])
  expect(jobs.map(({ data, opts }) => [data.id, opts.delay]).sort()).toEqual([
    ['ci/team-a', 60_000],
    ['ci/team-b', 60_000],
  ])
})

test('a look that asks for the next one is followed by it', async () => {
  const seen: number[] = []
  // A worker does not close the connection that it is given.
  const connection = bed.redis.duplicate({ maxRetriesPerRequest: null })
  const worker = new Worker(
    'quota',
    async ({ data }) => {
      seen.push(Date.now())
      if (seen.length < 3) await lookAgain(queues, data, 300)
    },
    { connection, prefix: queuePrefix('t') },
  )
  await lookAgain(queues, A, 0)
  await eventually(
    async () => seen.length,
    (count) => count === 3,
  )
  expect((seen[2] ?? 0) - (seen[0] ?? 0)).toBeGreaterThanOrEqual(600)
  await worker.close()
  connection.disconnect()
  expect(await delayed()).toEqual([])
})
