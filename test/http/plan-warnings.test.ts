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
  ...{ digest: digest(`${repository} ${tag}`), extent: 'all' },
})
const pushes = (repository: string, prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => push(repository, `${prefix}${n}`, 10))

let tallyman: LabTallyman
beforeAll(async () => {
  const old = [{ tag: 'pr-*', olderThan: '7d', expire: true }]
  tallyman = await startTallyman(
    {
      registries: {
        ci: { url: 'http://127.0.0.1:1', token: 'a-webhook-token-0001' },
        other: { url: 'http://127.0.0.1:2', token: 'a-webhook-token-0002' },
      },
      quotas: [{ project: 'ci/caches/*', limit: '1kB' }],
      expiry: {
        gc: { schedule: '0 3 * * *' },
        inUse: [
          { name: 'nomad', registries: ['other'], file: '/nowhere/in-use.txt' },
          { name: 'gitops', registries: ['other'], folder: '/nowhere/gitops' },
        ],
        policies: [
          { name: 'old', match: { registry: 'ci', project: 'ci/team/*' }, rules: old },
          { name: 'typo', match: { registry: 'ci', repository: 'taem/**' }, rules: old },
          {
            ...{ name: 'caches', match: { registry: 'ci', project: 'ci/caches/*' } },
            evict: { to: '80%', order: 'oldest', tiers: [{ tag: 'pr-*' }] },
          },
          { name: 'elsewhere', match: { registry: 'other' }, rules: old },
        ],
      },
    },
    { queues: [] },
  )
  const redis = new Redis(tallyman.redis.port)
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  // 30 of 40 images go, in two repositories.
  await index.apply('ci/team/app', [...pushes('team/app', 'pr-', 15), ...pushes('team/app/ui', 'pr-', 15)])
  await index.apply('ci/team/app', pushes('team/app/ui', 'v', 10))
  await index.apply('ci/team/web', [...pushes('team/web', 'pr-', 11), ...pushes('team/web', 'v', 30)])
  await index.apply('ci/caches/a', [...pushes('caches/a', 'pr-', 2), ...pushes('caches/a', 'v', 3)])
  await index.apply('other/team/app', pushes('team/app', 'pr-', 1))
  redis.disconnect()
})
afterAll(() => tallyman?.close())

interface Plans {
  policies: string[]
  undo: { until: string | null; text: string }
  plans: { policy: string; decisions: PlannedImage[]; warnings: string[] }[]
  next: string | null
}
const get = (query: string) => tallyman.get<Plans>(`/v1/expiry/plan${query}`)
const warnings = ({ plans }: Plans) => plans.flatMap((plan) => plan.warnings)
async function refusal(query: string) {
  const headers = { authorization: `Bearer ${READ_TOKEN}` }
  const answer = await tallyman.app.inject({ url: `/v1/expiry/plan${query}`, headers })
  return `${answer.statusCode} ${answer.json().detail}`
}

const HELD =
  'ci/team/app: 30 of 40 images (75%) would go, more than expiry.maxShare (30%): a run deletes nothing there without --accept-share'

test('a plan warns of projects in which maxShare would hold a run, and of no others', async () => {
  expect(warnings(await get('?policy=old'))).toEqual([HELD])
  expect(warnings(await get('?policy=old&verdict=keep'))).toEqual([HELD])
  expect(warnings(await get('?policy=old&project=ci/team/web'))).toEqual([])
  // Of one repository, it is not known what else goes.
  expect(warnings(await get('?policy=old&repository=team/app'))).toEqual([])
})

test.each([1, 7, 15, 20, 40])('it warns of them also in pages of %i', async (limit) => {
  const told = new Set<string>()
  for (let cursor = ''; ; ) {
    const page = await get(`?policy=old&limit=${limit}${cursor}`)
    for (const warning of warnings(page)) told.add(warning)
    if (page.next === null) break
    cursor = `&cursor=${page.next}`
  }
  expect([...told]).toEqual([HELD])
})

test('a plan tells until when undo is safe for what is deleted at its time, and which policies it is of', async () => {
  const { policies, undo } = await get('?asOf=2099-06-01T12:00:00Z')
  expect(policies).toEqual(['old', 'typo', 'caches', 'elsewhere'])
  expect(undo).toEqual({
    until: '2099-06-02T03:00:00.000Z',
    text: 'undo is safe until 2099-06-02T03:00:00.000Z, when the registry collects its garbage: tallyman trash restore IMAGE',
  })
  // What is planned as of the past would be deleted now.
  expect(Date.parse((await get('?asOf=2020-01-01T00:00:00Z')).undo.until ?? '')).toBeGreaterThan(Date.now())
})

test('a plan names each source of images in use that cannot be read', async () => {
  const [warning] = warnings(await get('?policy=elsewhere'))
  expect(warning).toMatch(
    /^a run deletes nothing at other now: it is not known what is protected \(inUse\): nomad cannot be read: .*; gitops cannot be read: /,
  )
})

test('a policy that is about nothing says so', async () => {
  expect(warnings(await get('?policy=typo'))).toEqual([
    'the index has no image that it is about (match: registry ci, project **, repository taem/**)',
  ])
  // One policy that is about what is asked for is enough.
  expect(warnings(await get('?project=ci/team/web'))).toEqual([])
  expect(warnings(await get('?policy=old&repository=caches/a'))).toEqual([
    'the index has no image of caches/a that it is about (match: registry ci, project ci/team/*, repository **)',
  ])
})

test('what does not exist is no empty plan', async () => {
  expect(await refusal('?repository=team/ap')).toBe(
    '404 no registry has a repository "team/ap" that the index knows',
  )
  expect(await refusal('?project=ci/team/ap')).toContain('404 there is no project')
  expect(await refusal('?registry=cj')).toBe('404 there is no registry "cj"; configured: ci, other')
})

test('what an eviction looked at and spares says why, and a plan that is not enough says what stays', async () => {
  const answer = await get('?policy=caches')
  const told = answer.plans[0]?.decisions.map(({ tags, verdict, nearMisses }) => [
    tags[0],
    verdict,
    nearMisses,
  ])
  expect(told?.toSorted()).toEqual([
    ['pr-0', 'delete', undefined],
    ['pr-1', 'delete', undefined],
    ['v0', 'keep', ['"evict": it is in no tier']],
    ['v1', 'keep', ['"evict": it is in no tier']],
    ['v2', 'keep', ['"evict": it is in no tier']],
  ])
  expect(warnings(answer)).toEqual([
    'ci/caches/a: all that may be evicted frees 1000 B, and 1.7 KiB are to go. What no rule decides and stays: 3 (it is in no tier)',
  ])
})
