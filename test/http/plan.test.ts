import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('the cursor of another policy is refused', async () => {
  const { next } = await get('?policy=old&limit=1')
  expect(await refusal(`?policy=older&cursor=${next}`)).toContain('400 the cursor is not of this list')
})
