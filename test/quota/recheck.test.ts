import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import { makeQuotaOf } from '../../src/quota/quotas.ts'
import { makeRecheckQuotas } from '../../src/quota/recheck.ts'

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
