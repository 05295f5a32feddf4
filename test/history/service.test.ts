import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { type Histories, makeHistories } from '../../src/history/histories.ts'
import { EMPTY, withSample } from '../../src/history/history.ts'
import { dayOf, HOUR_MS, hourOf, type Sample } from '../../src/history/sample.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'
import { tallyman as runCommand } from '../cli/cli-bed.ts'

/** The whole service with its workers, over an index that the tests make. */
let tallyman: LabTallyman
let redis: Redis
let queues: Queues
let index: UsageIndex
let histories: Histories
let url: string
beforeAll(async () => {
  tallyman = await startTallyman()
  const port = await freePort()
  await tallyman.app.listen({ port })
  url = `http://127.0.0.1:${port}`
  redis = new Redis(tallyman.redis.port, { maxRetriesPerRequest: null })
  queues = makeQueues(redis, 'tallyman')
  index = makeUsageIndex({ redis, prefix: 'tallyman' })
  histories = makeHistories({ redis, prefix: 'tallyman' })
  for (const repository of ['team/app', 'team/new', 'team/old'])
    await index.apply(`ci/${repository}`, [
      {
        kind: 'push',
        ...{ repository, at: Date.now() * 1000, digest: `sha256:${'7'.repeat(64)}`, size: 70, tag: 'v1' },
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        ...{ references: [], extent: 'all' },
      },
    ])
})
afterAll(async () => {
  await closeQueues(queues)
  redis.disconnect()
  await tallyman.close()
})

const sample = (uniqueBytes: number): Sample => ({
  ...{ uniqueBytes, exclusiveBytes: 1, referencedBytes: 2, tags: 3, manifests: 4 },
})
const cli = (...argv: string[]) => runCommand({ TALLYMAN_TOKEN: READ_TOKEN }, ...argv, '--url', url)
const status = async (path: string) => {
  const { statusCode, body } = await tallyman.app.inject({
    url: path,
    headers: { authorization: `Bearer ${READ_TOKEN}` },
  })
  return [statusCode, JSON.parse(body).detail]
}

test('one job a full hour takes samples, whatever number of processes schedules it', async () => {
  const schedulers = await queues.history.getJobSchedulers()
  expect(schedulers.map(({ key, pattern, tz }) => ({ key, pattern, tz }))).toEqual([
    { key: 'history-sample', pattern: '0 * * * *', tz: 'UTC' },
  ])
  expect(Number(schedulers[0]?.next) % HOUR_MS).toBe(0)
  expect(await queues.history.getJobCounts('delayed', 'waiting')).toEqual({ delayed: 1, waiting: 0 })
})

test('a job of the queue samples all projects of the registry', async () => {
  const job = await queues.history.add('history', { kind: 'sample' }, { removeOnComplete: false })
  while ((await job.getState()) !== 'completed') await new Promise((resolve) => setTimeout(resolve, 20))
  const { samples } = await tallyman.get<{ samples: unknown[] }>(
    '/v1/projects/ci/team/new/-/history?step=hour',
  )
  expect(samples).toEqual([
    {
      at: expect.stringMatching(/T\d\d:00:00\.000Z$/),
      ...{ uniqueBytes: 70, exclusiveBytes: 0, referencedBytes: 70, tags: 1, manifests: 1 },
    },
  ])
  const ofRegistry = await tallyman.get<{ samples: object[] }>('/v1/registries/ci/history')
  expect(ofRegistry.samples).toEqual([
    expect.objectContaining({ uniqueBytes: 70, referencedBytes: 210, manifests: 3 }),
  ])
})

describe('a history', () => {
  /** A sample at noon of each of these days before today. */
  const DAYS = [6, 5, 3, 2]
  const dayBefore = (n: number) => new Date((dayOf(Date.now()) - n) * 24 * HOUR_MS).toISOString()
  beforeAll(async () => {
    const noon = (dayOf(Date.now()) * 24 + 12) * HOUR_MS
    const history = DAYS.reduce(
      (before, n, i) => withSample(before, hourOf(noon) - 24 * n, sample(1024 * (i + 1))),
      EMPTY,
    )
    await redis.del('tallyman:{ci/team/old}:history')
    await histories.write('ci/team/old', history)
  })
  const timesOf = async (query: string) => {
    const path = `/v1/projects/ci/team/old/-/history${query}`
    const { samples } = await tallyman.get<{ samples: { at: string }[] }>(path)
    return samples.map(({ at }) => at)
  }

  test('has the samples of its days, and none where a day is missing', async () => {
    expect(await timesOf('')).toEqual(DAYS.map(dayBefore))
    expect(await timesOf(`?from=${dayBefore(5)}&to=${dayBefore(2).slice(0, 10)}`)).toEqual(
      [5, 3].map(dayBefore),
    )
    expect((await timesOf('?step=hour')).map((at) => at.slice(11, 13))).toEqual(['12', '12', '12', '12'])
  })

  test('is shown by the command, with a gap in its row of blocks', async () => {
    const { status, out, err } = await cli('history', 'ci/team/old')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    const [blocks, , head, first] = out.split('\n')
    expect(blocks).toBe('▁▃ ▆█')
    expect(head).toMatch(/^DAY +UNIQUE +EXCLUSIVE +REFERENCED +TAGS +MANIFESTS$/)
    expect(first).toMatch(new RegExp(`^${dayBefore(6).slice(0, 10)} +1.0 KiB +1 B +2 B +3 +4$`))
    const json = await cli('history', 'ci/team/old', '--output', 'json', '--from', dayBefore(3))
    expect(JSON.parse(json.out).samples).toHaveLength(2)
    expect((await cli('history', '--registry', 'ci')).out).toMatch(/^▁\n/)
  })

  test('that is empty is no error', async () => {
    await redis.del('tallyman:{ci/team/old}:history')
    expect(await cli('history', 'ci/team/old')).toEqual({
      ...{ status: 0, out: '' },
      err: 'no samples yet: the first comes at the next full hour\n',
    })
  })
})

test('wrong questions are answered with what was expected', async () => {
  expect(await status('/v1/projects/ci/none/-/history')).toEqual([404, expect.stringContaining('"ci/none"')])
  expect(await status('/v1/registries/none/history')).toEqual([
    404,
    'there is no registry "none"; configured: ci',
  ])
  expect(await status('/v1/registries/ci/history?from=soon')).toEqual([
    400,
    'from: expected a time such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC',
  ])
  expect(await status('/v1/projects/ci/team/app/history')).toEqual([
    404,
    expect.stringContaining('for its history, ask for ci/team/app/-/history'),
  ])
  for (const argv of [['history'], ['history', 'ci/team/app', '--registry', 'ci']])
    expect(await cli(...argv)).toMatchObject({
      status: 2,
      err: expect.stringContaining('expected either PROJECT or --registry'),
    })
})
