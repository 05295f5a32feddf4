import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { groupHistoryId } from '../../src/history/groups.ts'
import { makeHistories } from '../../src/history/histories.ts'
import { EMPTY, withSample } from '../../src/history/history.ts'
import { DAY_MS, dayOf, NOTHING } from '../../src/history/sample.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { tallyman as runCommand } from '../cli/cli-bed.ts'

/** The API without workers, over histories that the tests make. */
let tallyman: LabTallyman
let redis: Redis
let url: string
const GIB = 2 ** 30
const TEAM = { group: 'team', projects: ['ci/team/**'] }
beforeAll(async () => {
  tallyman = await startTallyman(
    {
      quotas: [
        { project: 'ci/team/*', limit: '100GiB', warnAt: ['80%', '60%', '95%'] },
        { ...TEAM, limit: '100GiB', warnAt: '90%' },
        { group: 'tags', projects: ['ci/none/**'], maxTags: 7 },
        { registry: 'ci', limit: '90GiB' },
      ],
    },
    { queues: [] },
  )
  const port = await freePort()
  await tallyman.app.listen({ port })
  url = `http://127.0.0.1:${port}`
  redis = new Redis(tallyman.redis.port)
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  const histories = makeHistories({ redis, prefix: 'tallyman' })
  const today = dayOf(Date.now())
  /** One GiB a day for so many days; 70 GiB now. */
  const growing = (days: number) =>
    Array.from({ length: days }, (_, n) => n - days + 1).reduce(
      (history, n) => withSample(history, (today + n) * 24, { ...NOTHING, uniqueBytes: (70 + n) * GIB }),
      EMPTY,
    )
  for (const [name, days] of [
    ['app', 28],
    ['new', 3],
  ] as const) {
    const repository = `team/${name}`
    await index.apply(`ci/${repository}`, [
      {
        kind: 'push',
        ...{ repository, at: Date.now() * 1000, digest: `sha256:${'7'.repeat(64)}`, size: 0, tag: 'v1' },
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        references: [{ kind: 'blob', digest: `sha256:${'8'.repeat(64)}`, size: 70 * GIB }],
        extent: 'all',
      },
    ])
    await histories.write(`ci/${repository}`, growing(days))
  }
  await histories.write('ci', growing(28))
  await histories.write(groupHistoryId(TEAM), growing(28))
})
afterAll(async () => {
  redis.disconnect()
  await tallyman.close()
})
const cli = (...argv: string[]) => runCommand({ TALLYMAN_TOKEN: READ_TOKEN }, ...argv, '--url', url)
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

test('a project that grows by a GiB a day passes its thresholds when that adds up', async () => {
  const answer = await tallyman.get<Record<string, unknown>>(
    `/v1/projects/ci/team/app/-/forecast?until=${inDays(14)}`,
  )
  expect(answer).toMatchObject({
    kind: 'growing',
    text: 'grows by 1.0 GiB a day (+1.0 GiB to +1.0 GiB a day)',
    nowBytes: 70 * GIB,
    bytesPerDay: { low: GIB, middle: GIB, high: GIB },
    bytesThen: { low: 84 * GIB, middle: 84 * GIB, high: 84 * GIB },
    thresholds: [
      { share: 0.6, bytes: 60 * GIB, soonestDays: 0, likelyDays: 0, latestDays: 0, text: 'now' },
      { share: 0.8, bytes: 80 * GIB, soonestDays: 10, likelyDays: 10, latestDays: 10 },
      { share: 0.95, bytes: 95 * GIB, soonestDays: 25, likelyDays: 25, latestDays: 25 },
      { share: 1, bytes: 100 * GIB, soonestDays: 30, text: 'in about 30 days (30 to 30)' },
    ],
  })
  const { status, out, err } = await cli('forecast', 'ci/team/app', '--until', inDays(14))
  expect({ status, err }).toEqual({ status: 0, err: '' })
  expect(out).toMatch(/^now +70\.0 GiB\nforecast +grows by 1\.0 GiB a day/)
  expect(out).toContain(`on ${inDays(14)} `)
  expect(out).toMatch(/80 % of the quota, 80\.0 GiB +in about 10 days/)
})

test('a registry is told how much space it will need', async () => {
  const { status, out } = await cli('forecast', '--until', inDays(30))
  expect(status).toBe(0)
  expect(out.split('\n')).toEqual([
    expect.stringMatching(`^REGISTRY +NOW +ON ${inDays(30)} +BETWEEN +PASSES QUOTA +WHY$`),
    expect.stringMatching(
      /^ci +70\.0 GiB +100\.0 GiB +100\.0 GiB and 100\.0 GiB +in about 20 days \(20 to 20\) +grows by 1\.0 GiB a day/,
    ),
    '',
  ])
  const json = JSON.parse((await cli('forecast', '--registry', 'ci', '--output', 'json')).out)
  expect(json.forecasts).toMatchObject([{ registry: 'ci', bytesThen: { middle: 160 * GIB } }])
})

test('groups and registries pass their quotas, too', async () => {
  expect(await tallyman.get('/v1/groups/team/forecast')).toMatchObject({
    nowBytes: 70 * GIB,
    thresholds: [
      { share: 0.9, likelyDays: 20 },
      { share: 1, likelyDays: 30 },
    ],
  })
  expect(await tallyman.get('/v1/registries/ci/forecast')).toMatchObject({
    thresholds: [
      { share: 0.8, bytes: 72 * GIB, likelyDays: 2 },
      { share: 1, likelyDays: 20 },
    ],
  })
  expect(await tallyman.get('/v1/groups/tags/forecast')).toMatchObject({ nowBytes: null, thresholds: [] })
  const { status, out } = await cli('forecast', '--group', 'team')
  expect(status).toBe(0)
  expect(out).toMatch(/90 % of the quota, 90\.0 GiB +in about 20 days/)
  expect(await cli('forecast', '--group', 'none')).toMatchObject({
    ...{ status: 6, err: expect.stringContaining('no group "none"; configured: team, tags') },
  })
})

test('too little data is said in words', async () => {
  const { out } = await cli('forecast', 'ci/team/new')
  expect(out).toContain('too little data: 3 days have a sample, and a forecast needs 10')
  expect(out).toMatch(/quota, 100\.0 GiB +not known/)
})

test('wrong questions are answered with what was expected', async () => {
  expect(await cli('forecast', 'ci/none')).toMatchObject({ status: 6, err: expect.stringContaining('404') })
  expect(await cli('forecast', '--registry', 'none')).toMatchObject({
    ...{ status: 6, err: expect.stringContaining('no registry "none"; configured: ci') },
  })
  expect((await cli('forecast', '--until', '2020-01')).err).toContain('until: expected a time to come')
  expect((await cli('forecast', '--until', 'soon')).err).toContain('until: expected a time such as')
  expect(await cli('forecast', 'ci/team/app', '--registry', 'ci')).toMatchObject({ status: 2 })
})

test('growth is told with the pushes that added it', async () => {
  const answer = await tallyman.get<Record<string, unknown>>('/v1/projects/ci/team/app/-/growth')
  expect(answer).toEqual({
    since: expect.any(String),
    grownBytes: 7 * GIB,
    ...{ count: 1, isCut: false },
    pushes: [
      {
        ...{ image: 'team/app:v1', digest: `sha256:${'7'.repeat(64)}`, pushedAt: expect.any(String) },
        ...{ pushedBy: null, addedBytes: 70 * GIB },
      },
    ],
  })
  const later = await tallyman.get<object>(`/v1/projects/ci/team/app/-/growth?since=${inDays(1)}`)
  expect(later).toMatchObject({ grownBytes: null, count: 0, pushes: [] })
})
