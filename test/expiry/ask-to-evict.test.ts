import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeAskToEvict } from '../../src/expiry/ask-to-evict.ts'
import type { RunnablePolicy } from '../../src/expiry/expiry-settings.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

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
