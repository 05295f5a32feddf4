import { expect, onTestFinished, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeAwaitedPromotions } from '../../src/promotion/awaited-promotions.ts'
import type { FollowJob } from '../../src/queue/jobs.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'

const bed = useRedis()
const image = { registry: 'ci', repository: 'team/app', digest: `sha256:${'a'.repeat(64)}` }
const JOB: FollowJob = {
  ...{ kind: 'follow', registry: 'ci', repository: 'team/app', subject: image.digest },
  to: { registry: 'production', repository: 'app' },
}

function open() {
  const queues = makeQueues(bed.redis, 't')
  onTestFinished(() => closeQueues(queues))
  const awaited = makeAwaitedPromotions({ redis: bed.redis, prefix: 't', queues })
  const wait = async (jobId: string, since: number) => {
    await queues.promotion.add('promotion', JOB, { jobId, delay: 60_000 })
    await awaited.add(image, jobId, since)
  }
  return { queues, awaited, wait }
}

test('all promotions that wait are counted, with since when the first one does', async () => {
  const { awaited, wait } = open()
  expect(await awaited.all()).toEqual({ count: 0 })
  await wait('job-b', 2_000)
  await wait('job-a', 1_000)
  expect(await awaited.all()).toEqual({ count: 2, oldestSince: 1_000 })
  await awaited.end('job-a')
  expect(await awaited.all()).toEqual({ count: 1, oldestSince: 2_000 })
})

test('one whose job somebody has discarded is forgotten', async () => {
  const { queues, awaited, wait } = open()
  await wait('job-a', 1_000)
  await wait('job-b', 2_000)
  await queues.promotion.remove('job-a')
  expect(await awaited.all()).toEqual({ count: 1, oldestSince: 2_000 })
})
