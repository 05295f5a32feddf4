import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { eventually, READ_TOKEN } from '../../lab/tallyman.ts'
import type { PromotionStatus } from '../../src/promotion/status.ts'
import { image, multiPlatform } from '../expiry/expire-bed.ts'
import { type Bed, startBed } from './requests-bed.ts'

/** People and CI jobs ask for promotions between two real registries. */
let bed: Bed
const release = multiPlatform('release')
const [child = ''] = [...release.manifests.keys()].filter((digest) => digest !== release.root.digest)

beforeAll(async () => {
  bed = await startBed()
  await pushImage(bed.source, 'team-a/app', 'v1', release)
  await pushImage(bed.source, 'team-a/app', 'latest', release)
  for (const name of ['gated', 'gated-2', 'twice'])
    await pushImage(bed.source, `team-a/${name}`, 'v1', image(name))
  await pushImage(bed.source, 'team-a/gated', 'v2', image('gated v2'))
  await bed.ci.untilDelivered()
  await bed.tallyman.untilDone('events')
})
afterAll(() => bed?.close())

const APP = 'ci/team-a/app'
const at = async (repository: string, tag: string) => (await bed.target.headManifest(repository, tag))?.digest
async function promote(body: object, of?: string | Promise<string>): Promise<string> {
  const answer = await bed.post('/v1/promotions', body, of)
  expect(answer).toMatchObject({ status: 202, body: { job: { queue: 'promotion' } } })
  return answer.body.job.id
}

describe('a request', () => {
  test('gets what the rule says, and ends with a receipt', async () => {
    const id = await promote({ image: `${APP}:v1`, to: 'production' })
    const { receipt, ...status } = await bed.until(id, 'promoted', 'failed')
    expect(status).toMatchObject({
      ...{
        id,
        state: 'promoted',
        image: `${APP}:v1`,
        target: 'production/released/app:v1',
        rule: 'releases',
      },
      by: expect.stringMatching(/^admin token from /),
    })
    expect(receipt).toMatchObject({ id, rule: 'releases', digest: release.root.digest })
    expect(receipt).not.toHaveProperty('claims')
    expect(await at('released/app', 'v1')).toBe(release.root.digest)
    const job = await bed.tallyman.get<{ data: { pushedAt: number } }>(`/v1/jobs/promotion/${id}`)
    // The time of the push, as its event told: before this request.
    expect(job.data.pushedAt).toBeLessThan(Date.parse(status.askedAt) * 1_000)
  })

  test('without a rule, of the admin token, keeps its name or gets the one asked for', async () => {
    const same = await promote({ image: `${APP}:latest`, to: 'production' })
    const other = await promote({ image: `${APP}:v1`, to: 'production', as: 'by/hand:1.0' })
    const byDigest = await promote({
      image: `${APP}@${release.root.digest}`,
      to: 'production',
      as: 'by/digest:1.0',
    })
    for (const id of [same, other, byDigest])
      expect(await bed.until(id, 'promoted', 'failed')).not.toHaveProperty('rule')
    expect(await at('team-a/app', 'latest')).toBe(release.root.digest)
    expect(await at('by/hand', '1.0')).toBe(release.root.digest)
    expect(await at('by/digest', '1.0')).toBe(release.root.digest)
  })

  test('of a part of an index is refused, unless it is meant', async () => {
    const asked = { image: `${APP}@${child}`, to: 'production', as: 'by/hand:child' }
    const { status, body } = await bed.post('/v1/promotions', asked)
    expect([status, body.detail]).toEqual([
      409,
      `${child} is part of the index ${release.root.digest} (tagged latest, v1): name that one, or say \`child\` to copy the part alone`,
    ])
    await bed.until(await promote({ ...asked, child: true }), 'promoted')
    expect(await at('by/hand', 'child')).toBe(child)
  })

  test('moves a tag only with `overwrite`', async () => {
    const asked = { image: 'ci/team-a/twice:v1', to: 'production', as: 'by/hand:moved' }
    await bed.until(await promote({ image: `${APP}:v1`, to: 'production', as: asked.as }), 'promoted')
    const failed = await bed.until(await promote(asked), 'failed', 'promoted')
    expect(failed).toMatchObject({ state: 'failed', why: expect.stringContaining('another source') })
    // Of the same source.
    const asChild = { image: `${APP}@${child}`, to: 'production', as: asked.as, child: true }
    expect(await bed.until(await promote(asChild), 'failed', 'promoted')).toMatchObject({
      ...{ state: 'failed', why: expect.stringContaining('overwrite is never') },
    })
    await bed.until(await promote({ ...asChild, overwrite: 'always' }), 'promoted')
    expect(await at('by/hand', 'moved')).toBe(child)
  })

  test.each<[object, number, string]>([
    [
      { image: 'nonsense', to: 'production' },
      400,
      '"nonsense" is not an image: expected registry/repository:tag or registry/repository@digest',
    ],
    [
      { image: `none/app:v1`, to: 'production' },
      404,
      'there is no registry "none"; configured: ci, production, away, cache',
    ],
    [
      { image: `${APP}:v1`, to: 'none' },
      404,
      'there is no registry "none"; configured: ci, production, away, cache',
    ],
    [
      { image: `${APP}:v1`, to: 'cache' },
      400,
      'cache is a pull-through cache (type: cache): nothing can be copied to it',
    ],
    [{ image: `${APP}:v9`, to: 'production' }, 404, `there is no image ${APP}:v9 in its registry`],
    [
      { image: 'ci/team-a/twice:v1', to: 'production' },
      409,
      'several rules copy ci/team-a/twice:v1 to production: say with `rule` which: one, two',
    ],
    [
      { image: `${APP}:v1`, to: 'production', rule: 'gated' },
      409,
      `the rule "gated" does not copy ${APP}:v1 to production; that do: releases; rules to production: releases, gated, one, two, moves, pushes`,
    ],
    [
      { image: `${APP}:v1`, to: 'ci', rule: 'gated' },
      409,
      `the rule "gated" does not copy ${APP}:v1 to ci; that do: none; no rule leads to ci`,
    ],
    [
      { image: `${APP}:v1`, to: 'production', rule: 'releases', as: 'a:b' },
      400,
      'expected `as` or `rule`: a rule says the name at the target itself',
    ],
    [
      { image: `${APP}:v1`, to: 'production', as: 'production/a' },
      400,
      '`as`: expected repository:tag, without a registry, not "production/a"',
    ],
    [{ image: `${APP}:v1`, to: 'ci' }, 400, `${APP}:v1 is its own target`],
    [
      { image: `${APP}@${release.root.digest}`, to: 'production' },
      400,
      `say with \`as\` which name ${APP}@${release.root.digest} gets at production, as repository:tag`,
    ],
  ])('that is wrong says what is: %j', async (body, expected, detail) => {
    const answer = await bed.post('/v1/promotions', body)
    expect([answer.status, answer.body.detail]).toEqual([expected, detail])
  })

  test('needs more than the read token', async () => {
    const { status } = await bed.post('/v1/promotions', { image: `${APP}:v1`, to: 'production' }, READ_TOKEN)
    expect(status).toBe(403)
  })
})

const HAS = 'the CI job 302 of team-a/app (gitlab) has ask over ci/team-a/app/**'

describe('a CI job', () => {
  test('promotes an image of its project by a rule, and the receipt tells of the job', async () => {
    const id = await promote({ image: `${APP}:v1`, to: 'production' }, bed.token())
    const own = async () => (await bed.get(`/v1/promotions/${id}`, bed.token())).body as PromotionStatus
    const { receipt, by } = await eventually(own, ({ state }) => state === 'promoted')
    expect(by).toMatch(/^CI job 302 of team-a\/app \(gitlab\) from /)
    // `actors: false`: without the name of the user.
    expect(receipt?.claims).toEqual({
      ...{ project: 'team-a/app', projectId: '22', job: '302', pipeline: '574', ref: 'v1.0', refType: 'tag' },
      commit: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    })
    const ofOther = bed.token({ project_path: 'team-b/app', project_id: '23' })
    expect((await bed.get(`/v1/promotions/${id}`, ofOther)).status).toBe(404)
  })

  test.each<[object, number, string]>([
    [
      { image: 'ci/team-a/gated:v1', to: 'production' },
      404,
      `there is no image ci/team-a/gated:v1 in its registry; ${HAS}`,
    ],
    [
      { image: 'none/team-b/x:v1', to: 'production' },
      404,
      `there is no image none/team-b/x:v1 in its registry; ${HAS}`,
    ],
    [
      { image: `${APP}:v1`, to: 'production', as: 'a:b' },
      403,
      '`as` and `overwrite` need a token with admin over all projects: others get what a rule says',
    ],
    [
      { image: `${APP}:v1`, to: 'production', overwrite: 'always' },
      403,
      '`as` and `overwrite` need a token with admin over all projects: others get what a rule says',
    ],
    [
      { image: `${APP}:latest`, to: 'production' },
      403,
      `no rule copies ${APP}:latest to production, and without admin over all projects one is needed; rules to production: releases, gated, one, two, moves, pushes`,
    ],
    [
      { image: `${APP}@${release.root.digest}`, to: 'production' },
      403,
      `no rule copies ${APP}@${release.root.digest} to production, and without admin over all projects one is needed; rules to production: releases, gated, one, two, moves, pushes. Rules are about tags: name the image by its tag`,
    ],
  ])('is refused %j', async (body, expected, detail) => {
    const answer = await bed.post('/v1/promotions', body, bed.token())
    expect([answer.status, answer.body.detail]).toEqual([expected, detail])
  })
})

describe('a promotion that waits for approval', () => {
  interface Alerts {
    alerts: { event: string; promotion: string; text: string }[]
  }
  const alertsOf = async (id: string) =>
    (await bed.tallyman.get<Alerts>('/v1/alerts')).alerts.filter(({ promotion }) => promotion === id)
  const approve = (id: string, by: string) => bed.post(`/v1/promotions/${id}/approve`, { by })

  test('says so, is announced once, goes on once enough people have approved it', async () => {
    const asked = { image: 'ci/team-a/gated:v1', to: 'production' }
    const id = await promote(asked)
    expect(await bed.until(id, 'waiting')).toMatchObject({
      why: 'at a gate: approval by 2: approved by 0 of 2',
      progress: { gates: [{ gate: 'approval by 2', state: 'waiting' }] },
    })
    expect(await promote(asked)).toBe(id)
    const waiting = await bed.tallyman.get<{ promotions: PromotionStatus[] }>('/v1/promotions/undone')
    expect(waiting.promotions.map((one) => [one.id, one.state])).toEqual([[id, 'waiting']])

    const first = await approve(id, 'ann')
    expect(first.body).toMatchObject({ approvals: [{ promotion: id, by: 'ann' }], needed: 2 })
    // Woken, it asks its gates again.
    await eventually(
      () => bed.tallyman.get<PromotionStatus>(`/v1/promotions/${id}`),
      ({ why }) => why === 'at a gate: approval by 2: approved by 1 of 2: ann',
    )
    expect((await approve(id, ' ANN ')).body.approvals).toHaveLength(1)
    expect((await approve(id, 'bob')).body.approvals).toHaveLength(2)
    const { receipt } = await bed.until(id, 'promoted')
    expect(receipt?.gates).toMatchObject([{ evidence: [{ by: 'ann' }, { by: 'bob' }] }])
    expect(await alertsOf(id)).toMatchObject([
      {
        event: 'promotion.approval',
        text: expect.stringMatching(
          /^ci\/team-a\/gated:v1@sha256:[0-9a-f]{64} waits for approval before it is promoted to production\/released\/gated:v1: approved by 0 of 2\. To approve: tallyman promotion approve \S+ --by NAME$/,
        ),
      },
    ])
    const late = await approve(id, 'eve')
    expect([late.status, late.body.detail]).toEqual([
      409,
      `the promotion ${id} has ended: nobody needs to approve it`,
    ])
    // An approval is for one promotion: asked for anew, nobody has approved it.
    const again = await promote(asked)
    expect(again).not.toBe(id)
    expect(await bed.until(again, 'waiting')).toMatchObject({
      why: 'at a gate: approval by 2: approved by 0 of 2',
    })
  })

  test('cannot be approved once it would not go on: its tag has moved, or the tag at the target', async () => {
    const late = image('gated, late')
    await pushImage(bed.source, 'team-a/gated', 'v3', image('gated v3'))
    const moved = await promote({ image: 'ci/team-a/gated:v3', to: 'production' })
    await bed.until(moved, 'waiting')
    await pushImage(bed.source, 'team-a/gated', 'v3', late)
    const { digest } = late.root
    expect(await approve(moved, 'ann')).toMatchObject({
      status: 409,
      body: {
        detail: `the promotion ${moved} was not approved, and does not go on: its tag names ${digest} by now`,
      },
    })
    const held = await promote({ image: 'ci/team-a/gated:v3', to: 'production' })
    expect(await bed.until(held, 'waiting')).toMatchObject({ digest })
    await pushImage(bed.target, 'released/gated', 'v3', image('by hand'))
    const answer = await approve(held, 'ann')
    expect([answer.status, answer.body.detail]).toEqual([
      409,
      expect.stringMatching(
        /does not go on: the tag at the target names sha256:\S+, and overwrite is never$/,
      ),
    ])
    expect(await bed.tallyman.get<PromotionStatus>(`/v1/promotions/${held}`)).toMatchObject({
      why: 'at a gate: approval by 2: approved by 0 of 2',
    })
  })

  test('cannot be approved without a name, or by a CI job', async () => {
    const id = await promote({ image: 'ci/team-a/gated:v2', to: 'production' })
    await bed.until(id, 'waiting')
    for (const by of ['', '  ', undefined])
      expect((await bed.post(`/v1/promotions/${id}/approve`, { by })).status).toBe(400)
    expect((await bed.post(`/v1/promotions/${id}/approve`, { by: 'ann' }, bed.token())).status).toBe(403)
  })

  test('is no other one', async () => {
    const id = await promote({ image: `${APP}:v1`, to: 'production' })
    await bed.until(id, 'promoted')
    expect((await approve(id, 'ann')).status).toBe(409)
    expect((await approve('none', 'ann')).status).toBe(404)
    expect((await bed.get('/v1/promotions/none')).status).toBe(404)
    expect((await bed.get('/v1/promotions/..%2Fids')).status).toBe(400)
  })
})

test('a promotion whose target does not answer waits for another attempt, and says why', async () => {
  const id = await promote({ image: `${APP}:v1`, to: 'away' })
  const { why } = await bed.until(id, 'waiting')
  expect(why).toMatch(/^away: HEAD manifest .*ECONNREFUSED/)
  const fromAway = await bed.post('/v1/promotions', { image: 'away/app:v1', to: 'production' })
  expect([fromAway.status, fromAway.body.detail]).toEqual([502, expect.stringContaining('ECONNREFUSED')])
})

test('what failed is listed', async () => {
  const id = await promote({ image: 'ci/team-a/twice:v1', to: 'production', as: 'by/hand:1.0' })
  await bed.until(id, 'failed')
  const { promotions } = await bed.tallyman.get<{ promotions: PromotionStatus[] }>(
    '/v1/promotions/undone?state=failed&limit=1',
  )
  expect(promotions).toMatchObject([{ id, state: 'failed', why: expect.stringContaining('another source') }])
})
