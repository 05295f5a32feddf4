import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import {
  ADMIN_TOKEN,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import { hourOf } from '../../src/history/sample.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { addHour, type Entry, type Held } from '../../src/report/entry.ts'
import { monthBefore, monthOf } from '../../src/report/month.ts'
import { type Months, makeMonths } from '../../src/report/months.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { tallyman as runCommand } from '../cli/cli-bed.ts'

/** The whole service with its workers. */
let tallyman: LabTallyman
let redis: Redis
let queues: Queues
let months: Months
let url: string
const GIB = 2 ** 30
const LAST = monthBefore(monthOf(hourOf(Date.now())))
/** What a spreadsheet would take for a formula. Names come from registries. */
const EVIL = '=HYPERLINK("http://x","y")'

beforeAll(async () => {
  tallyman = await startTallyman({
    registries: {
      ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN, pricePerGiBMonth: 0.5 },
      free: { url: 'http://127.0.0.1:2', token: `${WEBHOOK_TOKEN}-2` },
    },
  })
  const port = await freePort()
  await tallyman.app.listen({ port })
  url = `http://127.0.0.1:${port}`
  redis = new Redis(tallyman.redis.port, { maxRetriesPerRequest: null })
  queues = makeQueues(redis, 'tallyman')
  months = makeMonths({ redis, prefix: 'tallyman' })
  const whole = entryOf(2 * GIB, { uniqueBytes: 2 * GIB })
  await months.write('ci', LAST, [
    ['', whole],
    ['team/app', entryOf(2 * GIB, { pushers: { ann: GIB, [EVIL]: GIB / 2 } })],
    ['team/gone', addHour(undefined, LAST.from, held(GIB, { ann: GIB }))],
  ])
})
afterAll(async () => {
  await closeQueues(queues)
  redis.disconnect()
  await tallyman.close()
})

const held = (uniqueBytes: number, pushers: Record<string, number>): Held => ({
  ...{ uniqueBytes, exclusiveBytes: 0, pushers, others: 0, version: '' },
})
/** An entry that has all hours of the last month but the last two. */
function entryOf(bytes: number, { pushers = {} }: Partial<Held>): Entry {
  let entry = addHour(undefined, LAST.from, held(bytes, pushers))
  for (let hour = LAST.from + 1; hour < LAST.to - 2; hour++)
    entry = addHour(entry, hour, held(bytes, pushers))
  return entry
}
const hours = LAST.to - LAST.from
const cli = (...argv: string[]) => runCommand({ TALLYMAN_TOKEN: READ_TOKEN }, ...argv, '--url', url)
const get = (query: string) =>
  tallyman.get<{
    rows: Record<string, unknown>[]
    registries: Record<string, unknown>[]
    next: string | null
  }>(`/v1/report${query}`)
const detailOf = async (query: string) => {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const { statusCode, body } = await tallyman.app.inject({ url: `/v1/report${query}`, headers })
  return [statusCode, JSON.parse(body).detail]
}

describe('the report of a month', () => {
  test('has its projects, also those that are gone, with change, known hours and price', async () => {
    const { registries, rows, ...about } = await get(`?month=${LAST.name}`)
    expect(about).toEqual({
      ...{ month: LAST.name, asOf: expect.any(String), hours, hoursOfMonth: hours, next: null },
    })
    const price = Math.round(((hours - 2) / hours) * 1e6) / 1e6
    expect(rows).toEqual([
      {
        ...{ registry: 'ci', kind: 'project', name: 'team/app', fromBytes: 2 * GIB, toBytes: 2 * GIB },
        ...{ changeBytes: 0, byteHours: 2 * GIB * (hours - 2), exclusiveByteHours: 0 },
        ...{ hoursKnown: hours - 2, price },
      },
      expect.objectContaining({
        name: 'team/gone',
        changeBytes: -GIB,
        byteHours: GIB,
        hoursKnown: hours - 2,
      }),
    ])
    expect(registries).toMatchObject([
      { registry: 'ci', kind: 'registry', pricePerGiBMonth: 0.5, price, hoursKnown: hours - 2 },
      { registry: 'free', pricePerGiBMonth: null, price: null, hoursKnown: 0, byteHours: 0 },
    ])
  })

  test('by pusher adds up to that by project, page by page', async () => {
    const rows: Record<string, unknown>[] = []
    for (let cursor = ''; ; ) {
      const page = await get(
        `?month=${LAST.name}&by=pusher&registry=ci&limit=1${cursor && `&cursor=${cursor}`}`,
      )
      rows.push(...page.rows)
      if (page.next === null) break
      cursor = page.next
    }
    expect(rows.map(({ kind, name, byteHours }) => [kind, name, byteHours])).toEqual([
      ['pusher', EVIL, (GIB / 2) * (hours - 2)],
      ['pusher', 'ann', GIB * (hours - 1)],
      ['unknown', null, (GIB / 2) * (hours - 2)],
    ])
  })

  test('as csv has a row each, numbers that are numbers, and no formula', async () => {
    const { status, out, err } = await cli(
      'report',
      '--month',
      LAST.name,
      '--by',
      'pusher',
      '--output',
      'csv',
    )
    expect(status).toBe(0)
    expect(err).toBe(
      [
        `ci: 2 of ${hours} hours are not known, and count nothing`,
        `free: ${hours} of ${hours} hours are not known, and count nothing: there is no sample of this month`,
        '',
      ].join('\n'),
    )
    const about = `${LAST.name},${hours},${hours},ci`
    const half = (GIB / 2) * (hours - 2)
    const price = (byteHours: number) => Math.round((byteHours / GIB / hours) * 0.5e6) / 1e6
    expect(out.split('\r\n')).toEqual([
      'month,hours,hoursOfMonth,registry,kind,name,fromBytes,toBytes,changeBytes,byteHours,exclusiveByteHours,hoursKnown,price',
      `${about},pusher,"'=HYPERLINK(""http://x"",""y"")",${GIB / 2},${GIB / 2},0,${half},,${hours - 2},${price(half)}`,
      `${about},pusher,ann,${2 * GIB},${GIB},${-GIB},${GIB * (hours - 1)},,${hours - 2},${price(GIB * (hours - 1))}`,
      `${about},unknown,,${GIB / 2},${GIB / 2},0,${half},,${hours - 2},${price(half)}`,
      '',
    ])
  })

  test('as a table has the largest first and each registry last; json and ndjson have all', async () => {
    const { out } = await cli('report', '--month', LAST.name)
    expect(out.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual([
      ...['', 'ci/team/app', 'ci/team/gone', 'registry ci', 'registry free', ''],
    ])
    expect(out).toMatch(/ci\/team\/gone +1\.0 GiB +0 B +-1\.0 GiB +1\.0 +0\.0 +\d+ +0\.00\n/)
    const json = await cli('report', '--month', LAST.name, '--output', 'json')
    expect(JSON.parse(json.out)).toMatchObject({ month: LAST.name, rows: [{ name: 'team/app' }, {}] })
    const lines = await cli('report', '--month', LAST.name, '--output', 'ndjson')
    expect(
      lines.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).name),
    ).toEqual(['team/app', 'team/gone'])
  })
})

test('the running month is told until now, from the samples of a job', async () => {
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  await index.apply('ci/team/app', [
    {
      kind: 'push',
      ...{ repository: 'team/app', at: Date.now() * 1000, digest: `sha256:${'7'.repeat(64)}`, size: 70 },
      ...{ tag: 'v1', actor: 'bob', mediaType: 'application/vnd.oci.image.manifest.v1+json' },
      ...{ references: [], extent: 'all' },
    },
  ])
  const job = await queues.history.add('history', { kind: 'sample' }, { removeOnComplete: false })
  while ((await job.getState()) !== 'completed') await new Promise((resolve) => setTimeout(resolve, 20))
  const { rows } = await get('?by=pusher')
  expect(rows).toMatchObject([{ kind: 'pusher', name: 'bob', toBytes: 70, byteHours: 70, hoursKnown: 1 }])
  expect((await cli('report')).err).toMatch(/^\d{4}-\d\d is not over: \d+ of its \d+ hours\n/)
})

test('wrong questions are answered with what was expected', async () => {
  const running = monthOf(hourOf(Date.now())).name
  expect(await detailOf('?month=2999-01')).toEqual([
    ...[400, `month: 2999-01 has not begun: it is ${running} in UTC`],
  ])
  expect(await detailOf('?month=2026-13')).toEqual([400, 'month: expected a month such as 2026-10, in UTC'])
  expect(await detailOf('?by=team')).toEqual([400, expect.stringContaining('by')])
  expect(await detailOf('?registry=none')).toEqual([404, 'there is no registry "none"; configured: ci, free'])
  expect(await cli('report', '--month', 'soon')).toMatchObject({
    ...{ status: 2, err: expect.stringContaining('Expected a month such as 2026-10.') },
  })
  const { registries, rows } = await get('?month=2020-01')
  expect([rows, registries[0]?.hoursKnown]).toEqual([[], 0])
})
