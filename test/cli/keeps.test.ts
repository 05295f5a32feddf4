import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN } from '../../lab/tallyman.ts'
import { image } from '../expiry/expire-bed.ts'
import { type ServiceBed, startServiceBed } from './service-bed.ts'

/** People keep images of a real registry, and the plan says so. */
let bed: ServiceBed
const kept = image('kept')
const REPOSITORY = 'team/app'
const BY_DIGEST = `ci/${REPOSITORY}@${kept.root.digest}`

beforeAll(async () => {
  bed = await startServiceBed({
    expiry: {
      protect: { tags: ['v*'] },
      policies: [
        {
          ...{ name: 'all', match: { registry: 'ci' } },
          rules: [{ tag: '*', olderThan: '1ms', expire: true }],
        },
      ],
    },
  })
  await pushImage(bed.client, REPOSITORY, 'pr-1', kept)
  await pushImage(bed.client, REPOSITORY, 'v1', image('release'))
  await eventually(
    async () => (await decisions()).length,
    (count) => count === 2,
  )
})
afterAll(() => bed?.close())

const run = (...argv: string[]) => bed.run('expiry', ...argv)
const json = (...argv: string[]) => bed.json('expiry', ...argv)

const decisions = async () =>
  (
    await bed.service.get<{ plans: { decisions: { tags: string[]; verdict: string; reason: string }[] }[] }>(
      '/v1/expiry/plan',
    )
  ).plans.flatMap((plan) => plan.decisions)
/** What the plan says of the image that is kept, once it says what is expected. */
const planned = (expected: RegExp) =>
  eventually(
    async () => (await decisions()).find(({ tags }) => tags.includes('pr-1')),
    (decision) => expected.test(`${decision?.verdict}: ${decision?.reason}`),
  )

test('the plan says what the configuration protects', async () => {
  expect((await decisions()).find(({ tags }) => tags.includes('v1'))).toMatchObject({
    ...{ verdict: 'keep', rule: null },
    reason: 'it is protected: the tag v* of expiry.protect',
  })
})

test('an image is kept by its tag and by its digest, listed, and not kept any more', async () => {
  await planned(/^delete: /)
  const { status, out } = await run('keep', `ci/${REPOSITORY}:pr-1`, '--for', '30d', '--why', 'the audit')
  expect(status).toBe(0)
  expect(out).toMatch(/^kept: ci\/team\/app:pr-1 until \d{4}-\d\d-\d\dT[\d:.]+Z\n$/)
  await planned(/^keep: its tag pr-1 is kept by alice until \d{4}-.*Z: the audit$/)
  expect(await run('keep', BY_DIGEST)).toMatchObject({ out: `kept: ${BY_DIGEST}\n` })
  await planned(/^keep: it is kept by alice$/)

  const { keeps, next } = await json('keeps', '--limit', '1')
  expect(keeps).toMatchObject([{ image: `ci/${REPOSITORY}:pr-1`, by: 'alice', why: 'the audit' }])
  expect(Date.parse(keeps[0].until) - Date.parse(keeps[0].since)).toBe(30 * 86_400_000)
  expect((await json('keeps', '--cursor', next)).keeps).toMatchObject([
    { image: BY_DIGEST, until: null, why: null },
  ])
  const listed = await bed.runWith(READ_TOKEN, 'expiry', 'keeps')
  expect(listed.out).toMatch(/^SINCE +UNTIL +BY +WHY +IMAGE\n.*alice +the audit +ci\/team\/app:pr-1\n/)

  expect(await run('unkeep', BY_DIGEST)).toMatchObject({ status: 0, out: expect.stringContaining(BY_DIGEST) })
  expect((await json('keeps')).keeps).toHaveLength(1)
  expect(await run('unkeep', `ci/${REPOSITORY}:pr-1`)).toMatchObject({ status: 0 })
  expect(await run('keeps')).toMatchObject({ status: 0, err: 'nothing is kept by people\n' })
  await planned(/^delete: /)
})

test('the audit says who kept what, why and until when, and who ended it', async () => {
  const { entries } = await bed.service.get<{ entries: Record<string, string>[] }>('/v1/audit')
  const asked = expect.stringMatching(/^admin token from /)
  const kept = {
    action: 'keep.added',
    registry: 'ci',
    by: expect.stringMatching(/^alice \(admin token from .+\)$/),
  }
  const [removed, removedDigest, keptDigest, keptTag] = entries
  expect(removed).toMatchObject({ action: 'keep.removed', by: asked, image: `ci/${REPOSITORY}:pr-1` })
  expect(removedDigest).toMatchObject({ action: 'keep.removed', by: asked, image: BY_DIGEST })
  expect(keptDigest).toMatchObject({ ...kept, image: BY_DIGEST })
  expect(keptDigest).not.toHaveProperty('until')
  expect(keptTag).toMatchObject({ ...kept, image: `ci/${REPOSITORY}:pr-1`, why: 'the audit' })
  expect(keptTag?.until).toMatch(/^\d{4}-\d\d-\d\dT/)
})

test('wrong requests are answered with what is expected', async () => {
  for (const [argv, status, said] of [
    [['keep', `ci/${REPOSITORY}:none`], 6, '404 there is no image "ci/team/app:none": neither the index nor'],
    [['keep', `ci/${REPOSITORY}@sha256:${'0'.repeat(64)}`], 6, '404 there is no image "ci/team/app@sha256:0'],
    [['keep', 'none/team/app:v1'], 6, '404 there is no registry "none"; configured: ci'],
    [['keep', 'ci/team/app'], 2, 'Expected REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST.'],
    [['keep', BY_DIGEST, '--for', '1 month'], 2, 'Expected a duration above 0 such as 12h or 30d.'],
    [
      ['keep', BY_DIGEST, '--for', '9999999w'],
      1,
      '400 `for`: expected a duration that ends before the year 10000',
    ],
    [['keep', BY_DIGEST, '--why', 'x'.repeat(501)], 1, '400 body/why must NOT have more than 500 characters'],
    [['unkeep', BY_DIGEST], 6, `nobody keeps ${BY_DIGEST}`],
  ] as const)
    expect(await run(...argv)).toMatchObject({ status, err: expect.stringContaining(said) })
  const refused = await bed.runWith(READ_TOKEN, 'expiry', 'keep', BY_DIGEST)
  expect(refused).toMatchObject({ status: 5, err: expect.stringContaining('403') })
  const ask = async (method: 'POST' | 'DELETE', path: string, payload?: object) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const answer = await bed.service.app.inject({ method, url: path, headers, ...(payload && { payload }) })
    return [answer.statusCode, answer.json().detail]
  }
  for (const body of [
    {},
    { image: 'ci/Team:v1' },
    { image: BY_DIGEST, for: 'x' },
    { image: BY_DIGEST, for: '0s' },
  ])
    expect(await ask('POST', '/v1/expiry/keeps', body)).toEqual([400, expect.any(String)])
  const none = `${'1'.repeat(13)}-${'a'.repeat(8)}`
  expect(await ask('DELETE', `/v1/expiry/keeps/${none}`)).toEqual([
    ...[404, `there is no keep "${none}": GET /v1/expiry/keeps lists them`],
  ])
  expect(await ask('DELETE', '/v1/expiry/keeps/..%2f..%2fx')).toEqual([400, expect.any(String)])
})

test('if the registry does not answer, an image of the index can be kept, and of others that is said', async () => {
  await bed.ci.process.stop('SIGKILL')
  expect(await run('keep', `ci/${REPOSITORY}:pr-1`)).toMatchObject({ status: 0 })
  expect(await run('keep', `ci/${REPOSITORY}:none`)).toMatchObject({
    ...{ status: 1, err: expect.stringMatching(/502 ci: /) },
  })
})
