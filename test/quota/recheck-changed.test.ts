import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import type { Quota } from '../../src/quota/evaluate.ts'
import { recheckChanged } from '../../src/quota/recheck-changed.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const PROJECTS = ['ci/a', 'ci/b', 'ci/c']
const quota = (project: string, limit: number, warnAt = 0.8): Quota => ({ project, limit, warnAt })

/** Starts a worker with these quotas. Gives the projects that are to be checked. */
async function start(...quotas: Quota[]): Promise<string[]> {
  await queues.quota.drain()
  await recheckChanged({
    ...{ redis: bed.redis, prefix: 't', queues, quotas, registries: ['ci', 'hub'] },
    async *idsOf(registry) {
      if (registry === 'ci') for (const id of PROJECTS) yield [id]
    },
  })
  const jobs = await queues.quota.getJobs(['waiting'])
  return jobs.map(({ data }) => data.project).sort()
}

test('at the first start each project with a quota is checked; at the next one, with the same quotas, none', async () => {
  const quotas = [quota('ci/a', 10), quota('ci/b', 20)]
  expect(await start(...quotas)).toEqual(['ci/a', 'ci/b'])
  expect(await start(...quotas)).toEqual([])
})

test('only projects are checked whose quota changed, came or went', async () => {
  await start(quota('ci/a', 10), quota('ci/b', 20))
  expect(await start(quota('ci/a', 11), quota('ci/b', 20))).toEqual(['ci/a'])
  expect(await start(quota('ci/a', 11, 0.5), quota('ci/b', 20))).toEqual(['ci/a'])
  expect(await start(quota('ci/a', 11, 0.5), quota('ci/b', 20), quota('**', 5))).toEqual(['ci/c'])
  // Another rule for a project, with the same numbers.
  expect(await start(quota('ci/{a,x}', 11, 0.5), quota('ci/b', 20), quota('**', 5))).toEqual([])
  expect(await start(quota('ci/a', 11, 0.5))).toEqual(['ci/b', 'ci/c'])
})

test('a start that could not add its jobs is made up for by the next', async () => {
  const quotas = [quota('ci/a', 10)]
  const registries = ['ci']
  const failing = recheckChanged({
    ...{ redis: bed.redis, prefix: 't', queues, quotas, registries },
    // biome-ignore lint/correctness/useYield: it fails before it has anything to yield.
    async *idsOf() {
      throw new Error('killed')
    },
  })
  await expect(failing).rejects.toThrow('killed')
  expect(await start(...quotas)).toEqual(['ci/a'])
})
