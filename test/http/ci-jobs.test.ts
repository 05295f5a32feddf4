import { Redis } from 'ioredis'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  AUDIENCE,
  gitlabClaims,
  type LabIssuer,
  type LabKey,
  makeKey,
  sign,
  startIssuer,
} from '../../lab/issuer.ts'
import { keepLines } from '../../lab/log-lines.ts'
import { RECENTLY } from '../../lab/recently.ts'
import { eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'

let key: LabKey
let issuer: LabIssuer
let tallyman: LabTallyman
const { log, lines } = keepLines()
const digest = (character: string) => `sha256:${character.repeat(64)}`
const push = (repository: string, own: string) => ({
  ...{ id: repository, timestamp: RECENTLY, action: 'push' },
  target: {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500 },
    ...{ digest: digest(own), repository, tag: 'v1', references: [] },
  },
})
beforeAll(async () => {
  key = await makeKey('one')
  issuer = await startIssuer([key])
  tallyman = await startTallyman(
    {
      ci: {
        issuers: [
          {
            ...{ name: 'gitlab', type: 'gitlab', issuer: issuer.url, audience: AUDIENCE },
            projects: [
              { path: '**', registry: 'ci' },
              { path: 'team-a/moved', id: 31, registry: 'ci' },
            ],
            conditions: { ref_protected: true },
          },
        ],
      },
      quotas: [{ project: 'ci/**', limit: '100' }],
      expiry: {
        policies: [
          { name: 'old', match: { registry: 'ci' }, rules: [{ tag: 'pr-*', olderThan: '1d', expire: true }] },
        ],
      },
    },
    // Nothing works on promotions, so a job stays.
    { log, queues: ['events', 'quota'] },
  )
  await tallyman.deliver({ events: [push('team-a/app', 'a'), push('team-b/app', 'b')] })
  await eventually(
    () => tallyman.get<{ flags: unknown[] }>('/v1/flags'),
    ({ flags }) => flags.length === 2,
  )
})
afterAll(async () => {
  await tallyman.close()
  await issuer.close()
})

const token = (more: Record<string, unknown> = {}) => sign(key, { ...gitlabClaims(issuer.url), ...more })
const get = async (path: string, of: string | Promise<string> = token()) =>
  supertest(tallyman.app.server)
    .get(path)
    .set('authorization', `Bearer ${await of}`)

test('a job reads usage, flag and expiry plan of its own project', async () => {
  for (const path of ['/v1/projects/ci%2Fteam-a%2Fapp', '/v1/projects/ci/team-a/app']) {
    const { status, body } = await get(path)
    expect([status, body.id, body.uniqueBytes, body.flag]).toEqual([200, 'ci/team-a/app', 500, 'over'])
  }
  const quota = await get('/v1/projects/ci/team-a/app/-/quota')
  expect([quota.status, quota.body]).toMatchObject([
    200,
    { flag: 'over', limits: [{ used: 500, limit: 100 }] },
  ])
  const plan = await get('/v1/expiry/plan?project=ci/team-a/app')
  expect([plan.status, plan.body.plans[0].decisions.length]).toEqual([200, 1])
})

test('a job is told who it is', async () => {
  expect((await get('/v1/whoami')).body).toMatchObject({
    ...{ who: 'CI job 302 of team-a/app (gitlab)', verbs: ['ask'], projects: ['ci/team-a/app/**'] },
  })
  expect((await get('/v1/whoami', READ_TOKEN)).body).toMatchObject({ who: 'read token', verbs: ['read'] })
})

const HAS = 'the CI job 302 of team-a/app (gitlab) has ask over ci/team-a/app/**'

test.each([
  ...['ci/team-b/app', 'ci/team-a/app2', 'ci/team-a', 'ci/none'].map((project) => [project, '']),
  ...['quota', 'history', 'growth', 'forecast', 'tags', 'images'].map((what) => [
    'ci/team-b/app',
    `/-/${what}`,
  ]),
])('of %s%s it is told what it is of a project that there is not', async (project, below) => {
  const { status, body } = await get(`/v1/projects/${project}${below}`)
  expect([status, body.detail]).toEqual([
    404,
    `there is no project "${project}": an id is registry/path; ${HAS}`,
  ])
})

test('lists show a job what is of its own project', async () => {
  const ids = async (path: string, items: string) =>
    (await get(path)).body[items].map(({ id }: { id: string }) => id)
  expect(await ids('/v1/projects', 'projects')).toEqual(['ci/team-a/app'])
  expect(await ids('/v1/flags', 'flags')).toEqual(['ci/team-a/app'])
  const plan = await get('/v1/expiry/plan')
  expect(plan.body.plans[0].decisions).toMatchObject([{ project: 'ci/team-a/app' }])
  expect((await get('/v1/expiry/plan?project=ci/team-b/app')).status).toBe(404)
})

test('it changes nothing but asking for promotions, and sees nothing of the whole service', async () => {
  for (const [method, url] of [
    ['PUT', '/v1/projects/ci%2Fteam-a%2Fapp/quota'],
    ['POST', '/v1/expiry/runs'],
    ['POST', '/v1/promotions/some/approve'],
    ['GET', '/v1/registries'],
  ] as const) {
    const headers = { authorization: `Bearer ${await token()}` }
    const answer = await tallyman.app.inject({ method, url, headers })
    expect([url, answer.statusCode]).toEqual([url, 403])
    expect(answer.json().detail).toMatch(/^this needs (admin|expire|promote|read over all projects): /)
    expect(answer.json().detail).toContain(HAS)
  }
})

test('a job follows promotions of its own project, and no other job of the service', async () => {
  const redis = new Redis(tallyman.redis.url, { maxRetriesPerRequest: null })
  const queues = makeQueues(redis, 'tallyman')
  const image = {
    ...{ kind: 'copy' as const, rule: 'r', registry: 'ci', tag: 'v1', digest: digest('a'), pushedAt: 1 },
    ...{ to: { registry: 'production', repository: 'app', tag: 'v1' }, by: 'test' },
  }
  const add = async (project: string, jobId: string) =>
    queues.promotion.add('promotion', { ...image, project, repository: 'team-a/app' }, { jobId })
  await add('ci/team-a/app', 'own')
  await add('ci/team-b/app', 'other')
  const { id } = await queues.expiry.add('expiry', {
    ...{
      policy: 'old',
      registry: 'ci',
      dryRun: true,
      acceptShare: false,
      by: 'test',
      project: 'ci/team-a/app',
    },
  })
  const own = await get('/v1/jobs/promotion/own')
  expect([own.status, own.body.state]).toEqual([200, 'waiting'])
  expect((await get('/v1/jobs/promotion/other')).status).toBe(404)
  expect((await get('/v1/jobs/promotion/other', READ_TOKEN)).status).toBe(200)
  expect((await get(`/v1/jobs/expiry/${id}`)).status).toBe(404)
  expect((await get('/v1/jobs/promotion/none')).status).toBe(404)
  await closeQueues(queues)
  redis.disconnect()
})

test.each<[Record<string, unknown>, number, string]>([
  [{ exp: 1 }, 401, 'the token of the CI job is refused: it has expired (exp)'],
  [{ aud: 'other' }, 401, `the token of the CI job is refused: its audience (aud) is not ${AUDIENCE}`],
  [{ ref_protected: 'false' }, 403, 'ref_protected is "false"; expected "true"'],
  [{ project_id: undefined }, 403, 'the token does not say project_id: it is not that of a CI job'],
])('a token with %j is refused with %i', async (more, expected, detail) => {
  const { status, body, headers } = await get('/v1/projects/ci/team-a/app', token(more))
  expect([status, body.detail]).toEqual([expected, detail])
  expect(headers['www-authenticate']).toBe(expected === 401 ? 'Bearer error="invalid_token"' : undefined)
})

test('a token of 1 MB is refused', async () => {
  const groups = Array.from({ length: 50_000 }, (_, n) => `team-a/group-${n}`)
  expect((await get('/v1/whoami', token({ groups_direct: groups }))).status).toBe(431)
  const groupsThatFit = groups.slice(0, 550)
  expect((await get('/v1/whoami', token({ groups_direct: groupsThatFit }))).status).toBe(200)
})

test('a project that was created anew at the path of another one is refused, unless the configuration has its id', async () => {
  expect((await get('/v1/whoami', token({ project_path: 'team-a/new', project_id: '50' }))).status).toBe(200)
  const again = await get('/v1/whoami', token({ project_path: 'Team-A/New', project_id: '51' }))
  expect([again.status, again.body.detail]).toEqual([
    403,
    'the project team-a/new has the id 51 at its issuer, and had 50: if this is right, put the id into ci.issuers',
  ])
  const moved = (id: string) => get('/v1/whoami', token({ project_path: 'team-a/moved', project_id: id }))
  expect((await moved('31')).body.projects).toEqual(['ci/team-a/moved/**'])
  expect((await moved('30')).status).toBe(403)
})

test('what is no token of a CI job is refused as before', async () => {
  for (const given of ['nonsense', 'a.b.c', 'eyJ.eyJ'])
    expect((await get('/v1/whoami', given)).headers['www-authenticate']).toBe('Bearer')
})

test('the log says why a token was refused, and holds no token', async () => {
  const refused = await token({ exp: 2 })
  await get('/v1/whoami', refused)
  expect(lines.filter(({ code }) => code === 'time')).toMatchObject([
    { level: 'warn', issuer: 'gitlab', from: expect.any(String) },
  ])
  expect(JSON.stringify(lines)).not.toContain(refused.slice(0, 40))
})
