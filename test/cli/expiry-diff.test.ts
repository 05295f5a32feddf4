import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digest } from '../../lab/images.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'
import { tallyman } from './cli-bed.ts'

const REPOSITORY = 'team/app'
const PROJECT = 'ci/team/app'
const push = (tag: string, daysAgo: number): Fact => ({
  ...{ kind: 'push', repository: REPOSITORY, at: (Date.now() - daysAgo * 86_400_000) * 1000, tag, size: 500 },
  ...{ digest: digest(tag), mediaType: '', references: [], extent: 'all' },
})

let service: LabTallyman
let redis: Redis
let index: UsageIndex
let url: string
beforeAll(async () => {
  const rules = [{ tag: 'pr-*', olderThan: '7d', expire: true }]
  const policies = [
    { name: 'old', match: { registry: 'ci' }, rules },
    { name: 'other', match: { registry: 'ci' }, rules },
  ]
  service = await startTallyman({ expiry: { policies } }, { queues: ['expiry'] })
  redis = new Redis(service.redis.port)
  index = makeUsageIndex({ redis, prefix: 'tallyman' })
  await index.apply(PROJECT, [push('pr-1', 10), push('pr-2', 10), push('pr-3', 10), push('v1', 10)])
  await service.app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}`
})
afterAll(async () => {
  redis?.disconnect()
  await service?.close()
})

const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_TOKEN: ADMIN_TOKEN, USER: 'alice' }, ...argv, '--url', url)

test('without a recorded plan it says how to record one', async () => {
  const { status, err } = await run('expiry', 'diff', 'old')
  expect([status, err]).toEqual([
    6,
    expect.stringContaining('404 no plan of "old" is recorded: a dry run of it'),
  ])
  expect((await run('expiry', 'diff', 'older')).err).toContain('no policy "older"; configured: old, other')
})

test('it tells what changed since the last run of the policy, and why', async () => {
  expect((await run('expire', 'old')).out).toContain('would delete 3 images')
  expect((await run('expiry', 'diff', 'old')).err).toMatch(
    /^ci: since the dry run \S+ at \S+\nnothing has changed\n$/,
  )

  // pr-1 is as it was; pr-2 is kept by a person; pr-3 is gone; pr-4 is new.
  await run('expiry', 'keep', `ci/${REPOSITORY}:pr-2`, '--why', 'the audit')
  await index.apply(PROJECT, [
    { kind: 'delete', repository: REPOSITORY, at: Date.now() * 1000, digest: digest('pr-3') },
    push('pr-4', 9),
  ])
  // A later run of another policy is not compared.
  await run('expire', 'other')
  const { out } = await eventually(
    () => run('expiry', 'diff', 'old'),
    ({ err }) => err.endsWith('newly expiring 1, no longer expiring 1, gone since 1\n'),
  )
  const [head, ...lines] = out.trimEnd().split('\n')
  expect(head).toMatch(/^CHANGE +REPOSITORY +TAGS +RULE +REASON +DIGEST$/)
  expect(lines.toSorted()).toEqual([
    expect.stringMatching(/^expires +team\/app +pr-4 +expire pr-\* +it is 9 days old +sha256:/),
    expect.stringMatching(/^gone +team\/app +pr-3 +expire pr-\* +it is not there any more +sha256:/),
    expect.stringMatching(/^stays +team\/app +pr-2 +none +.*alice.*the audit.* +sha256:/),
  ])
  const json = JSON.parse((await run('expiry', 'diff', 'old', '--output', 'json')).out)
  expect(json).toMatchObject({
    policy: 'old',
    compared: [{ registry: 'ci', dryRun: true, held: [] }],
    counts: { expires: 1, stays: 1, gone: 1 },
  })
})
