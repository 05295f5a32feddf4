import { Worker } from 'bullmq'
import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { closeQueues, makeQueues, queuePrefix } from '../../src/queue/queues.ts'
import { makeQuotaOf } from '../../src/quota/quotas.ts'
import { makeRecheckQuotas, recheck } from '../../src/quota/recheck.ts'

const bed = useRedis()

test('each changed project that has a quota gets one waiting job', async () => {
  const queues = makeQueues(bed.redis, 't')
  const quotaOf = makeQuotaOf([{ project: 'ci/team-*', limit: 1_000, warnAt: 0.8 }])
  const recheckQuotas = makeRecheckQuotas({ queues, quotaOf })
  await recheckQuotas(['ci/team-a', 'ci/other'])
  await recheckQuotas(new Set(['ci/other', 'ci/team-b', 'ci/team-a']))
  const jobs = await queues.quota.getJobs(['waiting'])
  expect(jobs.map(({ data }) => data.project).sort()).toEqual(['ci/team-a', 'ci/team-b'])
  await closeQueues(queues)
})

test('changes while a project is checked lead to one more check, and changes while one waits to none', async () => {
  const queues = makeQueues(bed.redis, 't')
  // Takes jobs only when asked to.
  const worker = new Worker('quota', null, { connection: bed.redis, prefix: queuePrefix('t') })
  const waiting = async () => (await queues.quota.getJobs(['waiting'])).map(({ data }) => data.project)
  await recheck(queues, ['ci/team-a'])
  await recheck(queues, ['ci/team-a'])
  expect(await waiting()).toEqual(['ci/team-a'])

  const running = await worker.getNextJob('token')
  await recheck(queues, ['ci/team-a'])
  await recheck(queues, ['ci/team-a'])
  expect(await waiting()).toEqual([])
  await running?.moveToCompleted(undefined, 'token', false)
  expect(await waiting()).toEqual(['ci/team-a'])

  const last = await worker.getNextJob('token')
  await last?.moveToCompleted(undefined, 'token', false)
  expect(await waiting()).toEqual([])
  await worker.close()
  await closeQueues(queues)
})
