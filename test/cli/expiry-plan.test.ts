import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digest } from '../../lab/images.ts'
import { type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { PLAN_COLUMNS } from '../../src/cli/commands/expiry-plan.ts'
import { csvHead, csvRows } from '../../src/cli/output/csv.ts'
import { textOf } from '../../src/cli/output/line.ts'
import { type PlannedRow, planTable } from '../../src/cli/plan-table.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { tallyman } from './cli-bed.ts'

const push = (repository: string, tag: string, daysAgo: number): Fact => ({
  ...{ kind: 'push', repository, at: (Date.now() - daysAgo * 86_400_000) * 1000, tag, size: 500 },
  ...{ digest: digest(`${repository} ${tag}`), mediaType: '', references: [], extent: 'all' },
})

let service: LabTallyman
let url: string
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-plan-'))
  const rules = [
    { name: '=released', tag: { pattern: '[0-9]+' }, keep: true },
    { tag: 'pr-*', olderThan: '7d', expire: true },
  ]
  service = await startTallyman(
    { expiry: { policies: [{ name: 'old', match: { registry: 'ci' }, rules }] } },
    { queues: [] },
  )
  const redis = new Redis(service.redis.port)
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  for (const repository of ['team/app', 'team/web'])
    await index.apply(`ci/${repository}`, [
      push(repository, 'pr-1', 10.5),
      push(repository, 'pr-2', 2.5),
      push(repository, '16.8.8', 30.5),
    ])
  redis.disconnect()
  await service.app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await service?.close()
  await rm(folder, { recursive: true, force: true })
})

/** With the text of a note below a plan that deletes. */
const withUndo = (totals: string) =>
  expect.stringMatching(
    new RegExp(`^${RegExp.escape(totals)}\nif this is deleted now, undo is safe until .*\n$`),
  )

const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_TOKEN: READ_TOKEN }, 'expiry', 'plan', ...argv, '--url', url)
async function write(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

test('the table has what goes, with its age and last use; --all has what stays; the totals are a remark', async () => {
  const { out, err } = await run('old', '--project', 'ci/team/app')
  expect(out.replaceAll(/ {2,}/g, ' | ')).toBe(
    'VERDICT | REPOSITORY | TAGS | AGE | LAST USE | FREES | RULE | REASON | DIGEST\n' +
      `delete | team/app | pr-1 | 10 days | 10 days ago, perhaps later | 500 B | expire pr-* | it is 10 days old | ${digest('team/app pr-1')}\n`,
  )
  expect(err).toEqual(withUndo('delete 1 image (500 B), keep 2 images (shown with --all)'))
  const all = await run('--all')
  expect(all.out.split('\n').filter((line) => line.startsWith('keep '))).toHaveLength(4)
  expect(all.err).toEqual(withUndo('delete 2 images (1000 B), keep 4 images'))
  expect(all.out).not.toContain('nearly')
})

test('the table is by policy, repository and age, and shows which tags go alone', () => {
  const row = (policy: string, repository: string, age: string | null, more: object = {}): PlannedRow => ({
    ...{
      policy,
      repository,
      age,
      project: 'ci/a',
      digest: `of ${age}`,
      tags: [],
      verdict: 'delete',
      rule: 'r',
    },
    ...{ reason: 'because', ageSource: 'event', lastUse: null, isUseKnown: false, sizeBytes: 1 },
    ...more,
  })
  const rows = [
    row('b', 'web', '2026-11-20T00:00:00Z'),
    row('b', 'app', null),
    row('b', 'app', '2026-11-22T00:00:00Z', { verdict: 'untag', tags: ['v1', 'pr-1'], untag: ['pr-1'] }),
    row('b', 'app', '2026-11-21T00:00:00Z'),
  ]
  const columns = (some: PlannedRow[]) =>
    planTable(some, Date.parse('2026-11-23T00:00:00Z'), false).map((line) =>
      textOf(line, false).split(/ {2,}/).slice(0, 5),
    )
  expect(columns(rows)).toEqual([
    ['VERDICT', 'REPOSITORY', 'TAGS', 'AGE', 'LAST USE'],
    ['delete', 'app', 'none', '2 days', 'not known'],
    ['untag', 'app', 'only pr-1', '1 day', 'not known'],
    ['delete', 'app', 'none', 'not known', 'not known'],
    ['delete', 'web', 'none', '3 days', 'not known'],
  ])
  expect(columns([...rows, row('a', 'app', null)]).map(([policy]) => policy)).toEqual([
    ...['POLICY', 'b', 'b', 'b', 'b', 'a'],
  ])
})

test('--why tells near misses below their image', async () => {
  const { out } = await run('--all', '--why', '--repository', 'team/web')
  expect(out).toMatch(
    /\nkeep +team\/web +16\.8\.8 .*\n {4}nearly: "=released": its pattern matches `16`, not the whole tag\n/,
  )
  expect(out).toMatch(
    /\nkeep +team\/web +pr-2 .*\n(?: {4}.*\n)* {4}nearly: "expire pr-\*": it is 2 days old, not over 7 days\n/,
  )
})

test('--as-of decides as of another time', async () => {
  const later = new Date(Date.now() + 6 * 86_400_000).toISOString()
  expect((await run('--as-of', later)).err).toEqual(
    withUndo('delete 4 images (2.0 KiB), keep 2 images (shown with --all)'),
  )
  const { status, err } = await run('--as-of', 'tomorrow')
  expect([status, err]).toEqual([2, expect.stringContaining('Expected a time in RFC 3339')])
})

describe('--policy plans a file that is not configured', () => {
  test('with rules, in YAML', async () => {
    const file = await write(
      'new.yaml',
      'name: new\nmatch: { registry: ci, project: ci/team/app }\nrules:\n  - { tag: "*", olderThan: 20d, expire: true }\n',
    )
    const { out, err } = await run('--policy', file, '--output', 'json')
    const { decisions } = JSON.parse(out)
    expect(decisions.filter(({ verdict }: PlannedRow) => verdict === 'delete')).toMatchObject([
      { policy: 'new', tags: ['16.8.8'] },
    ])
    expect(decisions).toHaveLength(3)
    expect(err).toEqual(withUndo('delete 1 image (500 B), keep 2 images'))
  })

  test('of another system, whose document is in a file beside it', async () => {
    await write('quay.json', JSON.stringify({ policies: [{ method: 'creation_date', value: '3m' }] }))
    const file = await write(
      'candidate.json',
      JSON.stringify({ name: 'new', match: { registry: 'ci' }, dialect: 'quay', documentFile: 'quay.json' }),
    )
    const { err } = await run('--policy', file)
    expect(err).toMatch(
      /^warning: new: .*minutes.*\ndelete 6 images \(.*\), keep 0 images\nif this is deleted now, .*\n$/,
    )
  })

  test('and names the field that is wrong', async () => {
    const file = await write(
      'wrong.yaml',
      'name: new\nmatch: { registry: ci }\nrules: [{ tag: "*", olderThan: soon, expire: true }]\n',
    )
    const { status, err } = await run('--policy', file)
    expect([status, err]).toEqual([1, expect.stringContaining('policy.rules.0.olderThan: ')])
    expect((await run('--policy', join(folder, 'none.yaml'))).err).toContain('none.yaml: cannot be read')
  })
})

test('as ndjson it has a line for each image', async () => {
  const { out, err } = await run('--output', 'ndjson')
  const rows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows).toHaveLength(6)
  expect(rows[0]).toMatchObject({
    policy: 'old',
    project: 'ci/team/app',
    ageSource: 'event',
    isUseKnown: false,
  })
  expect(err).toEqual(withUndo('delete 2 images (1000 B), keep 4 images'))
})

test('as csv it has a head and a row for each image', async () => {
  const { out } = await run('--output', 'csv', '--project', 'ci/team/app')
  const [head, ...rows] = out.trimEnd().split('\r\n')
  expect(head).toMatch(/^policy,verdict,project,repository,tags,untag,digest,rule,reason,age,/)
  expect(rows.toSorted()[0]).toMatch(
    /^old,delete,ci\/team\/app,team\/app,pr-1,,sha256:\w+,expire pr-\*,it is 10 days old,\S+Z,event,/,
  )
  expect(rows).toHaveLength(3)
})

test.each(['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', 'a,b', 'a\nb', 'a"b'])(
  'no cell is a formula, or breaks the row: %j',
  (rule) => {
    const row: PlannedRow = {
      ...{
        policy: 'p',
        project: 'ci/a',
        repository: 'a',
        digest: 'd',
        tags: ['a', 'b'],
        verdict: 'keep',
        rule,
      },
      ...{ reason: 'r', age: null, ageSource: 'seen', lastUse: null, isUseKnown: false, sizeBytes: 1 },
    }
    const csv = csvRows(PLAN_COLUMNS, [row])
    expect(csv.split('\r\n')).toHaveLength(2)
    const cells = csv.trimEnd().match(/(?:"(?:[^"]|"")*"|[^,"]*)(?:,|$)/g) ?? []
    expect(cells).toHaveLength(csvHead(PLAN_COLUMNS).split(',').length)
    for (const cell of cells) expect(cell.replace(/^"/, '')).not.toMatch(/^[=+\-@\t\r＝]/)
  },
)

test('a plan that is cut off is a failure', async () => {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-ndjson')
    response.end(`${JSON.stringify({ policy: 'p', warning: 'careful' })}\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { status, err } = await tallyman({ TALLYMAN_TOKEN: READ_TOKEN }, 'expiry', 'plan', '--url', cut)
  server.close()
  expect([status, err]).toEqual([1, expect.stringContaining('the plan was cut off')])
})
