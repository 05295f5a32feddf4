import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digest } from '../../lab/images.ts'
import { type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import type { PlannedImage } from '../../src/expiry/planned-image.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const DAY_US = 86_400_000_000
const NOW = Date.now() * 1000

const push = (repository: string, tag: string, daysAgo: number): Fact => ({
  ...{ kind: 'push', repository, at: NOW - daysAgo * DAY_US, tag, size: 500, mediaType: '', references: [] },
  ...{
    digest: digest(`${repository} ${tag}`),
    extent: 'all',
  },
})

let tallyman: LabTallyman
beforeAll(async () => {
  const rule = (olderThan: string) => [{ tag: 'pr-*', olderThan, expire: true }]
  const policies = [
    { name: 'old', match: { registry: '*' }, rules: rule('7d') },
    { name: 'older', match: { registry: 'ci', project: 'ci/team-a/*' }, rules: rule('20d') },
  ]
  const registries = {
    ci: { url: 'http://127.0.0.1:1', token: 'a-webhook-token-0001' },
    next: { url: 'http://127.0.0.1:2', token: 'a-webhook-token-0002' },
  }
  tallyman = await startTallyman({ registries, expiry: { policies } }, { queues: [] })
  const redis = new Redis(tallyman.redis.port)
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  for (const [project, repository] of [
    ['ci/team-a/app', 'team-a/app'],
    ['ci/team-a/app', 'team-a/app/ui'],
    ['ci/team-b/app', 'team-b/app'],
    ['next/team-a/app', 'team-a/app'],
  ] as const)
    await index.apply(project, [push(repository, 'pr-1', 10), push(repository, 'v1', 10)])
  redis.disconnect()
})
afterAll(() => tallyman?.close())

interface Plans {
  asOf: string
  plans: { policy: string; decisions: PlannedImage[] }[]
  next: string | null
}
const get = (query: string) => tallyman.get<Plans>(`/v1/expiry/plan${query}`)
const rows = ({ plans }: Plans) =>
  plans.flatMap(({ policy, decisions }) =>
    decisions.map(({ project, repository, tags, verdict }) =>
      [policy, project, repository, ...tags, verdict].join(' '),
    ),
  )
async function refusal(query: string) {
  const headers = { authorization: `Bearer ${READ_TOKEN}` }
  const answer = await tallyman.app.inject({ url: `/v1/expiry/plan${query}`, headers })
  return `${answer.statusCode} ${answer.json().detail}`
}

test('a plan of all policies is in order, and tells age, use, size and near misses of each image', async () => {
  const all = await get('')
  expect(rows(all)).toHaveLength(12)
  const places = all.plans.flatMap(({ policy, decisions }) =>
    decisions.map(({ project, repository, digest }) => [policy, project, repository, digest].join(' ')),
  )
  expect(places).toEqual(places.toSorted())
  const old = all.plans[0]?.decisions.find(({ tags }) => tags.includes('pr-1'))
  const time = new Date((NOW - 10 * DAY_US) / 1000).toISOString()
  expect(old).toMatchObject({
    ...{ project: 'ci/team-a/app', verdict: 'delete', rule: 'expire pr-*' },
    ...{ age: time, ageSource: 'event', lastUse: time, isUseKnown: false, sizeBytes: 500 },
  })
  expect(all.plans[1]?.decisions.find(({ tags }) => tags.includes('pr-1'))).toMatchObject({
    verdict: 'keep',
    nearMisses: ['"expire pr-*": it is 10 days old, not over 20 days'],
  })
})

test.each([
  ['?policy=older', 4, /^older /],
  ['?registry=next', 2, / next\//],
  ['?project=ci/team-b/app', 2, / ci\/team-b\/app /],
  ['?repository=team-a/app/ui', 4, / team-a\/app\/ui /],
  ['?repository=team-a/app&registry=next', 2, /^old next\/team-a\/app team-a\/app /],
  ['?verdict=delete', 4, / pr-1 delete$/],
  ['?verdict=untag', 0, /^$/],
  ['?project=ci/team-b/app&repository=team-a/app', 0, /^$/],
])('%s selects', async (query, count, each) => {
  const found = rows(await get(query))
  expect(found).toHaveLength(count)
  for (const row of found) expect(row).toMatch(each)
})

test.each([1, 2, 5, 100])('pages of %i are the whole plan', async (limit) => {
  const whole = rows(await get(''))
  const found: string[] = []
  let cursor = ''
  for (;;) {
    const page = await get(`?limit=${limit}${cursor}`)
    expect(rows(page).length).toBeLessThanOrEqual(limit)
    found.push(...rows(page))
    if (page.next === null) break
    cursor = `&cursor=${page.next}`
  }
  expect(found).toEqual(whole)
})

test('a plan as of another time says so, and decides as of it', async () => {
  const at = (days: number) => new Date(NOW / 1000 + days * 86_400_000).toISOString()
  const asOf = async (days: number) => get(`?policy=old&registry=next&asOf=${at(days)}`)
  const past = await asOf(-5)
  expect(past.asOf).toBe(at(-5))
  expect(rows(past).filter((row) => row.endsWith('delete'))).toEqual([])
  expect(rows(await get('?policy=older&verdict=delete'))).toEqual([])
  expect(rows(await get(`?policy=older&verdict=delete&asOf=${at(11)}`))).toHaveLength(2)
  const before = await asOf(-11)
  expect(before.plans[0]?.decisions.map(({ verdict }) => verdict)).toEqual(['keep', 'keep'])
})

test.each([
  ['?asOf=yesterday', '400 asOf: expected a time in RFC 3339'],
  ['?project=ci/team-c/app', '404 there is no project "ci/team-c/app"'],
  ['?verdict=expire', '400 '],
  ['?policy=oldest', '404 no policy "oldest"; configured: old, older'],
])('%s is refused', async (query, expected) => {
  expect(await refusal(query)).toContain(expected)
})

describe('a policy that is not configured', () => {
  const rules = [{ tag: 'v*', olderThan: '9d', expire: true }]
  const ask = async (policy: unknown, query = '', headers = {}) =>
    tallyman.app.inject({
      ...{ method: 'POST', url: `/v1/expiry/plan${query}`, payload: { policy } },
      headers: { authorization: `Bearer ${READ_TOKEN}`, ...headers },
    })

  test('is planned on the images that are there, with the same filters and pages', async () => {
    const policy = { name: 'new', match: { registry: 'ci' }, rules }
    const answer = await ask(policy)
    expect(answer.statusCode).toBe(200)
    expect(rows(answer.json()).filter((row) => row.endsWith('delete'))).toEqual([
      'new ci/team-a/app team-a/app v1 delete',
      'new ci/team-a/app team-a/app/ui v1 delete',
      'new ci/team-b/app team-b/app v1 delete',
    ])
    const first = (await ask(policy, '?verdict=delete&limit=2')).json()
    expect(rows(first)).toHaveLength(2)
    const second = (await ask(policy, `?verdict=delete&limit=2&cursor=${first.next}`)).json()
    expect(rows(second)).toEqual(['new ci/team-b/app team-b/app v1 delete'])
    const lines = await ask(policy, '?project=ci/team-b/app', { accept: 'application/x-ndjson' })
    expect(
      lines.body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ policy: 'new' }, { policy: 'new' }, { images: 2 }])
    expect(await refusal('?policy=new')).toContain('404 no policy "new"')
  })

  test('can be of a dialect, which warns', async () => {
    const document = { policies: [{ method: 'creation_date', value: '3m' }] }
    const answer = await ask({ name: 'new', match: { registry: 'next' }, dialect: 'quay', document })
    expect(answer.json().plans).toMatchObject([
      {
        policy: 'new',
        warnings: [expect.stringContaining('minutes')],
        decisions: [{ rule: 'quay' }, { rule: 'quay' }],
      },
    ])
  })

  test.each([
    [
      { name: 'new', match: { registry: 'ci' }, rules: [{ ...rules[0], olderThan: 'long' }] },
      'policy.rules.0.olderThan: ',
    ],
    [
      { name: 'new', match: { registry: 'gone' }, rules },
      'policy.match.registry: expected a glob for a configured',
    ],
    [{ name: 'new', match: { registry: 'ci' }, rules, dryRun: true }, 'policy.dryRun: unknown key'],
    [
      { name: 'new', match: { registry: 'ci' }, dialect: 'quay', documentFile: '/etc/passwd' },
      'no file is read here',
    ],
    ['old', 'policy: expected a mapping'],
    [undefined, 'policy'],
  ])('%j is refused: %s', async (policy, expected) => {
    const answer = await ask(policy)
    expect(`${answer.statusCode} ${answer.json().detail}`).toContain(`400 `)
    expect(answer.json().detail).toContain(expected)
  })
})

test('the cursor of another policy is refused', async () => {
  const { next } = await get('?policy=old&limit=1')
  expect(await refusal(`?policy=older&cursor=${next}`)).toContain('400 the cursor is not of this list')
})
