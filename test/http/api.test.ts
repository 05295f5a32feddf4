import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import { FRONT_PAGE } from '../../src/http/front-page.ts'

let tallyman: LabTallyman
const digest = (character: string) => `sha256:${character.repeat(64)}`
// Docker's format has no subject, so its events tell everything.
const manifest = 'application/vnd.docker.distribution.manifest.v2+json'

function push(repository: string, tag: string, own: string, layer: string) {
  return {
    ...{ id: `${repository}${tag}`, timestamp: RECENTLY, action: 'push' },
    target: {
      ...{ mediaType: manifest, size: 500, digest: digest(own), repository, tag },
      references: [
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', size: 1000, digest: digest(layer) },
      ],
    },
  }
}

beforeAll(async () => {
  tallyman = await startTallyman({
    quotas: [
      { project: 'ci/team/*', limit: '1600', warnAt: '50%' },
      { project: 'ci/**', limit: '1MiB' },
    ],
    expiry: {
      policies: [
        { name: 'old', match: { registry: 'ci' }, rules: [{ tag: 'pr-*', olderThan: '1d', expire: true }] },
      ],
    },
  })
  await tallyman.deliver({
    events: [
      push('team/app', 'v1', 'a', 'b'),
      { ...push('team/web/ui', 'v1', 'c', 'b'), actor: { name: 'ann' } },
      push('solo', 'pr-1', 'd', 'e'),
    ],
  })
  await eventually(
    () => tallyman.get<{ flags: unknown[] }>('/v1/flags'),
    ({ flags }) => flags.length === 2,
  )
})
afterAll(() => tallyman.close())

const ask = (path: string, token = READ_TOKEN) =>
  supertest(tallyman.app.server).get(path).set('authorization', `Bearer ${token}`)

test('shows a project with its sizes, times, quota and flag', async () => {
  const { body, status } = await ask(`/v1/projects/${encodeURIComponent('ci/team/app')}`)
  expect(status).toBe(200)
  expect(body).toEqual({
    ...{
      id: 'ci/team/app',
      uniqueBytes: 1500,
      referencedBytes: 1500,
      exclusiveBytes: 500,
      unreferencedBytes: 0,
    },
    ...{ manifests: 1, tags: 1, repositories: 1, unresolved: 0, pulls: 0, scans: 0 },
    ...{ lastPushAt: RECENTLY, lastPushedBy: null, lastPullAt: null },
    ...{ limitBytes: 1600, limitMeasure: 'unique', override: null },
    ...{ flag: 'warning', flagSince: expect.stringMatching(/^\d{4}-.*Z$/) },
  })
})

test('an id may have plain slashes; what is below the project then follows /-/', async () => {
  const encoded = await ask('/v1/projects/ci%2Fteam%2Fapp')
  expect((await ask('/v1/projects/ci/team/app')).body).toEqual(encoded.body)
  const tags = await ask('/v1/projects/ci%2Fteam%2Fapp/tags?limit=1')
  expect(tags.body.tags).toHaveLength(1)
  expect((await ask('/v1/projects/ci/team/app/-/tags?limit=1')).body).toEqual(tags.body)
  const reclaimable = await ask('/v1/projects/ci/team/app/-/reclaimable?repository=team/app')
  expect(reclaimable.body.reclaimableBytes).toBe(500)
})

test('the query of an endpoint is the registry’s own', async () => {
  const answer = await supertest(tallyman.app.server)
    .post('/v1/events?cluster=a')
    .set({ authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' })
    .send('{"events":[]}')
  expect(answer.status).toBe(202)
})

test('the front page says what this is and leads to the documentation', async () => {
  // It is shown where the dashboard was not built.
  const links = [...FRONT_PAGE.matchAll(/href="([^"]+)"/g)].map(([, link]) => `/${link}`)
  expect(links).toContain('/docs')
  for (const link of links)
    expect((await supertest(tallyman.app.server).get(link).redirects(1)).status, link).toBe(200)
})

test('tells the bytes that deleting a tag, a manifest or a repository would free, and answers 404 for anything else', async () => {
  const reclaimable = (query: string) =>
    ask(`/v1/projects/${encodeURIComponent('ci/team/app')}/reclaimable?${query}`)
  // The layer is also in ci/team/web.
  const app = { reclaimableBytes: 500, manifests: [digest('a')] }
  expect((await reclaimable('repository=team/app&tag=v1')).body).toEqual(app)
  expect((await reclaimable(`repository=team/app&digest=${digest('a')}`)).body).toEqual(app)
  expect((await reclaimable('repository=team/app')).body).toEqual(app)
  const unknown = await reclaimable('repository=team/app&tag=v9')
  expect([unknown.status, unknown.body.detail]).toEqual([404, 'ci/team/app has no team/app:v9'])
  const both = await reclaimable(`repository=team/app&tag=v1&digest=${digest('a')}`)
  expect([both.status, both.body.detail]).toEqual([400, expect.stringContaining('at most one of them')])
  expect((await reclaimable('tag=v1')).status).toBe(400)
})

test('lists projects largest first, filtered by registry if asked', async () => {
  const { body } = await ask('/v1/projects?registry=ci')
  expect(body.projects.map((p: { id: string }) => p.id).sort()).toEqual([
    'ci/solo',
    'ci/team/app',
    'ci/team/web',
  ])
  expect((await ask('/v1/projects?registry=other')).body).toEqual({ projects: [], next: null })
})

test('tags, flags, and the expiry plan', async () => {
  const tags = await ask(`/v1/projects/${encodeURIComponent('ci/team/web')}/tags`)
  expect(tags.body.tags).toEqual([
    {
      ...{ repository: 'team/web/ui', tag: 'v1', digest: digest('c'), mediaType: manifest, sizeBytes: 1500 },
      ...{ platforms: null, pushedAt: RECENTLY, ageSource: 'event', pushedBy: 'ann', lastPullAt: null },
    },
  ])
  expect(
    (await ask('/v1/flags')).body.flags.map((f: { id: string; flag: string }) => [f.id, f.flag]),
  ).toEqual([
    ['ci/team/app', 'warning'],
    ['ci/team/web', 'warning'],
  ])
  const [plan] = (await ask('/v1/expiry/plan?policy=old')).body.plans
  expect(
    plan.decisions.map((d: { repository: string; rule: string | null }) => [d.repository, d.rule]),
  ).toEqual([
    ['solo', 'expire pr-*'],
    ['team/app', null],
    ['team/web/ui', null],
  ])
})

test('each change of a flag has one alert, and lists of what has not happened are empty', async () => {
  const { body } = await ask('/v1/alerts')
  expect(body.alerts.map((a: { project: string; to: string }) => [a.project, a.to]).sort()).toEqual([
    ['team/app', 'warning'],
    ['team/web', 'warning'],
  ])
  expect((await ask('/v1/promotions')).body).toEqual({ promotions: [], next: null })
  expect((await ask('/v1/jobs/events/failed')).body).toEqual({ total: 0, jobs: [], next: null })
})

describe('refusals are problem documents that say what was expected', () => {
  test.each([
    ['/v1/projects/nowhere', 404, 'registry/path'],
    ['/v1/projects/ci%2Fnobody', 404, 'ci/nobody'],
    ['/v1/expiry/plan?policy=young', 404, 'configured: old'],
    ['/v1/promotions?limit=0', 400, 'limit'],
    ['/v1/alerts?limit=1001', 400, 'limit'],
    ['/v1/projects?cursor=next', 400, 'cursor'],
    [
      '/v1/projects?regsitry=ci',
      400,
      '"regsitry": expected sort, growth, registry, flag, search, limit, cursor',
    ],
    ['/v1/registries?limit=5', 400, '"limit": this takes none'],
    [
      '/v1/expiry/plan?polcy=old',
      400,
      '"polcy": expected policy, registry, project, repository, verdict, asOf, limit, cursor',
    ],
    ['/v1/projects/ci%2Fteam%2Fapp?all=true', 400, '"all": this takes none'],
    ['/v1/projects/ci/team/app/tags', 404, 'for its tags, ask for ci/team/app/-/tags'],
    ['/v1/projects?sort=size', 400, 'sort'],
    [
      '/v1/promotions/a.b',
      400,
      'params/id: expected the id of a promotion: 1 to 100 letters, digits, - and _',
    ],
    ['/v1/promotions/a.b/check', 400, 'params/id: expected the id of a promotion'],
    ['/v1/expiry/runs/a.b', 400, 'params/id: expected the id of a run'],
    ['/v1/expiry/runs/none/deletes', 404, 'GET /v1/expiry/runs lists them'],
    ['/v1/jobs/coffee/failed', 400, 'queue'],
    ['/v1/nothing', 404, 'no route GET /v1/nothing'],
  ])('%s: %i', async (path, status, detail) => {
    const answer = await ask(path)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body).toMatchObject({ status, detail: expect.stringContaining(detail) })
    expect(answer.status).toBe(status)
  })

  test.each([
    [
      '/v1/promotions/none/approve',
      { by: ' ' },
      'body/by: expected the name of a person: 1 to 100 characters',
    ],
    ['/v1/trash/purge', { before: 'yesterday' }, 'body/before: expected a time in RFC 3339, such as 2'],
  ])('POST %s with %j', async (path, body, detail) => {
    const answer = await supertest(tallyman.app.server)
      .post(path)
      .set('authorization', `Bearer ${ADMIN_TOKEN}`)
      .send(body)
    expect(answer.body).toMatchObject({ status: 400, detail: expect.stringContaining(detail) })
  })

  test('no token, a wrong token, and the read token where the admin token is needed', async () => {
    expect((await supertest(tallyman.app.server).get('/v1/projects')).status).toBe(401)
    expect((await ask('/v1/flags', 'lab-read-token-0002')).status).toBe(401)
    const run = (token: string, body: object) =>
      supertest(tallyman.app.server)
        .post('/v1/expiry/runs')
        .set('authorization', `Bearer ${token}`)
        .send(body)
    expect((await run(READ_TOKEN, { policy: 'old' })).status).toBe(403)
    expect((await run(ADMIN_TOKEN, { polcy: 'old' })).status).toBe(400)
    expect((await run(ADMIN_TOKEN, { policy: 'old' })).body).toMatchObject({ dryRun: true })
  })
})

test('a request without a body is one without keys', async () => {
  const send = (path: string) =>
    supertest(tallyman.app.server).post(path).set('authorization', `Bearer ${ADMIN_TOKEN}`)
  expect((await send('/v1/registries/ci/reconcile')).status).toBe(202)
  expect((await send('/v1/expiry/runs')).body).toMatchObject({
    status: 400,
    detail: expect.stringContaining('policy'),
  })
  expect((await send('/v1/quarantine/discard')).body).toMatchObject({
    status: 400,
    detail: expect.stringContaining('"all": true'),
  })
})

test('describes itself, and needs no token for health', async () => {
  const { body } = await supertest(tallyman.app.server).get('/openapi.json')
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining(['/v1/events', '/v1/projects', '/v1/projects/{id}', '/v1/expiry/plan', '/readyz']),
  )
  for (const path of ['/livez', '/readyz', '/metrics', '/docs/'])
    expect((await supertest(tallyman.app.server).get(path)).status).toBe(200)
  const metrics = await supertest(tallyman.app.server).get('/metrics')
  expect(metrics.text).toContain('tallyman_events_accepted_total{registry="ci"} 3')
})

test('alerts about one project', async () => {
  const alertsOf = async (project: string) =>
    (await ask(`/v1/alerts?project=${project}`)).body.alerts.map(
      (alert: { project: string }) => alert.project,
    )
  const found = await alertsOf('ci/team/app')
  expect(found.length).toBeGreaterThan(0)
  expect(new Set(found)).toEqual(new Set(['team/app']))
  expect(await alertsOf('ci/solo')).toEqual([])
})
