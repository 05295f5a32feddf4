import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digest } from '../../lab/images.ts'
import { ADMIN_TOKEN, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const DAY_US = 86_400_000_000
const NOW = Date.now() * 1000
const LAYER = 1_000_000

/** An image with a layer of its own, and one that all images share, also those of other projects. */
const push = (repository: string, tag: string, daysAgo: number): Fact => ({
  ...{ kind: 'push', repository, at: NOW - daysAgo * DAY_US, tag, size: 500, extent: 'all' },
  ...{ digest: digest(`${repository} ${tag}`), mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  references: [
    { kind: 'blob', digest: digest(`layer of ${repository} ${tag}`), size: LAYER },
    { kind: 'blob', digest: digest('a layer of all'), size: LAYER },
  ],
})

const AGES = [1, 3, 5, 8, 20, 40]
let tallyman: LabTallyman
beforeAll(async () => {
  const policies = [
    {
      ...{ name: 'old', match: { registry: '*' }, mode: 'apply' },
      rules: [
        { tag: 'pr-*', keep: { newest: 1 } },
        { tag: 'pr-*', olderThan: '7d', expire: true },
      ],
    },
    {
      name: 'team-b',
      match: { registry: 'ci', project: 'ci/team-b/*' },
      rules: [{ tag: '*', expire: true }],
    },
  ]
  const registries = { ci: { url: 'http://127.0.0.1:1', token: 'a-webhook-token-0001' } }
  tallyman = await startTallyman({ registries, expiry: { policies } }, { queues: [] })
  const redis = new Redis(tallyman.redis.port)
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  for (const name of ['team-a/app', 'team-b/app'])
    await index.apply(
      `ci/${name}`,
      AGES.map((days) => push(name, `pr-${days}`, days)),
    )
  redis.disconnect()
})
afterAll(() => tallyman?.close())

async function ask(method: 'GET' | 'POST', url: string, payload?: object, token = READ_TOKEN) {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await tallyman.app.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, body: answer.json() }
}

test('the policies are listed as they could stand in the configuration', async () => {
  const { body } = await ask('GET', '/v1/expiry/policies')
  expect(body.policies).toMatchObject([
    {
      name: 'old',
      registries: ['ci'],
      mode: 'apply',
      policy: { rules: [{ keep: { newest: 1 } }, { olderThan: '7d' }] },
    },
    { name: 'team-b', mode: 'plan', policy: { match: { registry: 'ci', project: 'ci/team-b/*' } } },
  ])
  const plan = await ask('POST', '/v1/expiry/plan?verdict=delete', { policy: body.policies[0].policy })
  expect(plan.body.plans[0].decisions).toHaveLength(6)
})

test('a token for some projects sees the policies that are about them', async () => {
  const projects = ['ci/team-a/**']
  const made = await ask('POST', '/v1/tokens', { name: 'team-a', projects, verbs: ['read'] }, ADMIN_TOKEN)
  const { body } = await ask('GET', '/v1/expiry/policies', undefined, made.body.secret)
  expect(body.policies.map(({ name }: { name: string }) => name)).toEqual(['old'])
})

test('each point of a curve is what the plan with its value frees', async () => {
  const { policy } = (await ask('GET', '/v1/expiry/policies')).body.policies[0]
  for (const [rule, key, values] of [
    [1, 'olderThan', ['2d', '4d', '7d', '30d', '90d']],
    [0, 'newest', [1, 2, 4, 6, 9]],
  ] as const) {
    const { body } = await ask('POST', '/v1/expiry/curve', { policy, rule, key, values })
    for (const point of body.points) {
      const rules = structuredClone(policy.rules)
      if (key === 'newest') rules[rule].keep.newest = point.value
      else rules[rule][key] = point.value
      const plan = await ask('POST', '/v1/expiry/plan?verdict=delete', { policy: { ...policy, rules } })
      const decisions = plan.body.plans[0].decisions as { reclaimableBytes: number }[]
      const bytes = decisions.reduce((sum, one) => sum + one.reclaimableBytes, 0)
      expect([point.value, point.images, point.bytes]).toEqual([point.value, decisions.length, bytes])
    }
    expect(new Set(body.points.map(({ bytes }: { bytes: number }) => bytes)).size).toBeGreaterThan(2)
  }
})

test('a curve of one project counts that project only', async () => {
  const { policy } = (await ask('GET', '/v1/expiry/policies')).body.policies[0]
  const asked = { policy, rule: 1, key: 'olderThan', values: ['7d'], project: 'ci/team-a/app' }
  const { body } = await ask('POST', '/v1/expiry/curve', asked)
  expect(body.points).toEqual([{ value: '7d', images: 3, tags: 0, bytes: 3 * (LAYER + 500) }])
})

test.each<[string, object, string]>([
  [
    'a key that the rule does not have',
    { rule: 0, key: 'olderThan', values: ['1d'] },
    'no `olderThan` in its rule 0',
  ],
  ['a rule that is not there', { rule: 7, key: 'olderThan', values: ['1d'] }, 'no `olderThan` in its rule 7'],
  [
    'a value that is none',
    { rule: 1, key: 'olderThan', values: ['1d', 'long'] },
    'policy.rules.1.olderThan: ',
  ],
  ['no value', { rule: 1, key: 'olderThan', values: [] }, 'values'],
])('%s is refused', async (_, more, expected) => {
  const { policy } = (await ask('GET', '/v1/expiry/policies')).body.policies[0]
  const { status, body } = await ask('POST', '/v1/expiry/curve', { policy, ...more })
  expect(status).toBe(400)
  expect(body.detail).toContain(expected)
})

async function planId(query: string, token: string): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' }
  const answer = await tallyman.app.inject({ url: `/v1/expiry/plan${query}`, headers })
  return JSON.parse(answer.body.trimEnd().split('\n').at(-1) ?? '').plan
}

test('a plan of one policy as of now has an id for who may expire, the same for the same deletes', async () => {
  const id = await planId('?policy=old', ADMIN_TOKEN)
  expect(id).toMatch(/^[0-9a-f]{24}$/)
  expect(await planId('?policy=old', ADMIN_TOKEN)).toBe(id)
  expect(await planId('?policy=old&project=ci/team-a/app', ADMIN_TOKEN)).not.toBe(id)
  expect(await planId('?policy=old', READ_TOKEN)).toBeUndefined()
  for (const query of ['', '?policy=old&verdict=keep', '?policy=old&asOf=2030-01-01T00:00:00Z'])
    expect(await planId(query, ADMIN_TOKEN)).toBeUndefined()
})

test('a run with the id of a plan is queued with it, and audited; of another policy, or of none, it is refused', async () => {
  const plan = await planId('?policy=old', ADMIN_TOKEN)
  const run = (more: object) =>
    ask('POST', '/v1/expiry/runs', { policy: 'old', dryRun: false, ...more }, ADMIN_TOKEN)
  const asked = await run({ plan })
  expect(asked.status).toBe(202)
  const { body } = await ask('GET', '/v1/audit', undefined, ADMIN_TOKEN)
  expect(body.entries[0]).toMatchObject({ action: 'run.asked', run: asked.body.run, plan })
  expect((await run({ plan: 'f'.repeat(24) })).body.detail).toContain(
    'is not known; a plan is known for a day',
  )
  const other = await run({ policy: 'team-b', plan })
  expect([other.status, other.body.detail]).toEqual([
    409,
    `the plan "${plan}" is of the policy "old", not of "team-b"`,
  ])
  expect((await run({ plan: 'x' })).status).toBe(400)
})

test('one run can be stopped by its id', async () => {
  const first = await ask('POST', '/v1/expiry/runs', { policy: 'old' }, ADMIN_TOKEN)
  await ask('POST', '/v1/expiry/runs', { policy: 'team-b' }, ADMIN_TOKEN)
  const { body } = await ask('POST', '/v1/expiry/stop', { run: first.body.run }, ADMIN_TOKEN)
  expect(body.stopped).toEqual([{ run: first.body.run, policy: 'old', registry: 'ci' }])
})
