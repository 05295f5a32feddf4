import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_TOKEN } from '../../lab/tallyman.ts'
import { trashKey } from '../../src/expiry/trash.ts'
import { type Names, ofTeamB, startTwoTeams, type TwoTeams } from './two-teams.ts'

/**
 * What a token of team a is answered by every route of the OpenAPI document, with every parameter that may name something. If a new
 * route or parameter fails here, say below what it may name, and in the route what the token may see.
 */
let bed: TwoTeams
let tokens: Record<string, string>
beforeAll(async () => {
  bed = await startTwoTeams()
  tokens = {
    named: await bed.tokenFor('team-a', ['ci/team-a/**'], ['admin']),
    reader: await bed.tokenFor('team-a-reader', ['ci/team-a/**'], ['read']),
    ci: await bed.ciToken(),
  }
})
afterAll(() => bed.close())

/** Registries and their proxies ask these, with tokens of their own; or they need no token, or a session (session.test.ts). */
const OTHERS = [
  ...['/v1/events', '/v1/admission', '/livez', '/readyz', '/metrics'],
  // Its own test asks these: catalogue.test.ts.
  ...['/v1/catalogue', '/v1/catalogue/projects', '/v1/catalogue/repositories', '/v1/catalogue/tags'],
  ...['/v1/session', '/v1/login', '/v1/login/oidc', '/v1/login/oidc/callback'],
]

/** What the parameter of a path may name: the values of a request, one after the other. */
const IN_PATH: [path: RegExp, values: (names: Names) => Record<string, string>[]][] = [
  [/^\/v1\/projects\/\{id\}/, ({ project }) => [{ id: project }]],
  [/^\/v1\/promotions\/\{id\}/, ({ receipt, promotion }) => [{ id: receipt }, { id: promotion }]],
  [/^\/v1\/expiry\/runs\/\{id\}/, ({ run, waitingRun }) => [{ id: run }, { id: waitingRun }]],
  [/^\/v1\/replays\/\{id\}/, () => [{ id: '1795449746518-0a1b2c3d' }]],
  [/^\/v1\/expiry\/keeps\/\{id\}/, ({ keep }) => [{ id: keep }]],
  [/^\/v1\/trash\/\{id\}/, ({ trashed, image }) => [{ id: trashed }, { id: image }]],
  [/^\/v1\/events\/deliveries\/\{id\}/, ({ delivery }) => [{ id: delivery }]],
  [/^\/v1\/alerts\/snoozes\/\{project\}/, ({ project }) => [{ project }]],
  [
    /^\/v1\/jobs\/\{queue\}\/\{id\}/,
    (names) => [
      { queue: 'promotion', id: names.promotion },
      { queue: 'expiry', id: names.expiryJob },
    ],
  ],
  [/^\/v1\/jobs\/\{queue\}/, () => [{ queue: 'promotion' }]],
  [/^\/v1\/registries\/\{name\}/, () => [{ name: 'ci' }]],
  [/^\/v1\/groups\/\{name\}/, () => [{ name: 'all' }]],
  [/^\/v1\/(tokens|alerts\/channels)\/\{name\}/, () => [{ name: 'team-b' }]],
  [/^\/v1\/sessions\/\{id\}/, () => [{ id: 'a'.repeat(24) }]],
  [/^\/v1\/quarantine\/\{id\}/, () => [{ id: '1-0' }]],
]

/** What a parameter of a query may name. */
const IN_QUERY: Record<string, (names: Names) => string> = {
  project: ({ project }) => project,
  repository: ({ repository }) => repository,
  image: ({ image }) => image,
  search: ({ repository }) => repository,
  run: ({ run }) => run,
}
/** Parameters that name nothing of a team; those with a value must be given. */
const NEUTRAL: Record<string, string | undefined> = {
  ...{ limit: undefined, cursor: undefined, sort: undefined, flag: undefined, kind: undefined },
  ...{ verdict: undefined, asOf: undefined, state: undefined, details: undefined, tag: 'v1' },
  ...{ show: undefined, sizes: undefined, before: undefined, growth: undefined },
  ...{ since: undefined, until: undefined, from: undefined, to: undefined, step: undefined },
  ...{
    digest: undefined,
    reason: undefined,
    month: undefined,
    by: undefined,
    loseEvents: undefined,
    policy: 'old',
    registry: 'ci',
  },
}

/** The bodies of requests that change something of a project. All other routes must refuse the token before they read a body. */
const BODIES: Record<string, (names: Names) => object> = {
  'PUT /v1/projects/{id}/quota': () => ({ limit: '1GiB' }),
  'DELETE /v1/projects/{id}/quota': () => ({}),
  'PUT /v1/alerts/snoozes/{project}': () => ({ for: '1d' }),
  'DELETE /v1/alerts/snoozes/{project}': () => ({}),
  'POST /v1/expiry/keeps': ({ image }) => ({ image }),
  'DELETE /v1/expiry/keeps/{id}': () => ({}),
  'POST /v1/expiry/plan': () => ({
    policy: { name: 'new', match: { registry: 'ci' }, rules: [{ tag: 'v*', olderThan: '1d', expire: true }] },
  }),
  'POST /v1/expiry/curve': ({ project }) => ({
    policy: { name: 'new', match: { registry: 'ci' }, rules: [{ tag: 'v*', olderThan: '1d', expire: true }] },
    ...{ rule: 0, key: 'olderThan', values: ['1d'], project },
  }),
  'POST /v1/expiry/runs': () => ({ policy: 'old' }),
  'POST /v1/expiry/stop': () => ({}),
  'POST /v1/promotions': ({ image }) => ({ image, to: 'production' }),
  'POST /v1/promotions/{id}/approve': () => ({ by: 'ann' }),
  'POST /v1/promotions/{id}/rollback': () => ({}),
  'POST /v1/trash/{id}/restore': () => ({}),
  'POST /v1/broken-images/repair': ({ image, repository }) => ({ image, from: `ci/${repository}` }),
}

/** They run and stop runs, of the projects that the token sees. */
const ACTS = ['POST /v1/expiry/runs', 'POST /v1/expiry/stop']

/** Its plans are made while somebody looks, so two answers may differ. */
const CHANGES = ['GET /v1/overview']

interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[]
}
interface Route {
  route: string
  method: string
  path: string
  query: NonNullable<Operation['parameters']>
}

async function allRoutes(): Promise<Route[]> {
  const { paths } = (await bed.app.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  return Object.entries(paths)
    .filter(([path]) => !OTHERS.includes(path))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([name, { parameters = [] }]) => ({
        ...{ route: `${name.toUpperCase()} ${path}`, method: name.toUpperCase(), path },
        query: parameters.filter((one) => one.in === 'query'),
      })),
    )
}

/** The URLs by which a route can be asked about what has these names. */
function urlsOf({ path, query }: Route, names: Names): string[] {
  for (const { name } of query)
    if (!(name in IN_QUERY || name in NEUTRAL))
      throw new Error(`what may the parameter ${name} of ${path} name?`)
  const [, valuesOf] = IN_PATH.find(([of]) => of.test(path)) ?? []
  if (valuesOf === undefined && path.includes('{')) throw new Error(`what may ${path} name?`)
  // What has a default is `required` in the document, too.
  const base = query.flatMap(({ name, required }) => {
    const value = IN_QUERY[name]?.(names) ?? NEUTRAL[name]
    return required && value !== undefined ? [[name, value]] : []
  })
  const naming = query.filter(({ name }) => name in IN_QUERY)
  // Of a repository, the trash wants to know the registry.
  const registry = query.some(({ name }) => name === 'registry') ? [['registry', 'ci']] : []
  const queries = [
    base,
    ...naming.map(({ name }) => [...base, ...registry, [name, IN_QUERY[name]?.(names) ?? '']]),
  ].map((pairs) => new URLSearchParams(Object.fromEntries(pairs)).toString())
  return (valuesOf?.(names) ?? [{}]).flatMap((values) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent((values as Record<string, string>)[name] ?? ''),
    )
    return [...new Set(queries)].map((text) => (text === '' ? filled : `${filled}?${text}`))
  })
}

async function ask(token: string, { method }: Pick<Route, 'method'>, url: string, payload?: object) {
  const headers = { authorization: `Bearer ${token}` }
  const request = { method: method as 'GET', url, headers, ...(payload && { payload }) }
  const { statusCode, body } = await bed.app.inject(request)
  return { status: statusCode, body }
}

/** What is the same in two answers at different times. */
const timeless = (body: string): string => body.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')

/** An answer about team b, as it would be about team x. */
function asOfX(body: string): string {
  const { b, x } = bed.names
  const keys = Object.keys(b) as (keyof Names)[]
  return keys
    .toSorted((one, other) => b[other].length - b[one].length)
    .reduce((text, key) => text.replaceAll(b[key], x[key]), body)
}

describe.each(['named', 'reader', 'ci'])('with the token "%s" of team a', (kind) => {
  test('no route tells anything of team b, and what is named of it is as if it were not there', async () => {
    const { b, x } = bed.names
    const token = tokens[kind] ?? ''
    let asked = 0
    for (const route of await allRoutes()) {
      const [ofB, ofX] = [urlsOf(route, b), urlsOf(route, x)]
      for (const [n, url] of ofB.entries()) {
        const bodyOf = BODIES[route.route]
        const isGet = route.method === 'GET'
        const answer = await ask(token, route, url, isGet ? undefined : (bodyOf?.(b) ?? {}))
        const twin = await ask(token, route, ofX[n] ?? '', isGet ? undefined : (bodyOf?.(x) ?? {}))
        const about = `${route.route} ${url}`
        expect([about, answer.status]).toEqual([about, twin.status])
        // What these do for team a is another thing each time.
        if (!ACTS.includes(route.route) && !CHANGES.includes(route.route))
          expect([about, asOfX(timeless(answer.body))]).toEqual([about, timeless(twin.body)])
        const told = ACTS.includes(route.route) ? answer.body + twin.body : twin.body
        for (const name of ofTeamB(bed.names)) expect(told, about).not.toContain(name)
        // A request that is wrong shows nothing.
        expect(answer.status, about).not.toBe(400)
        expect(answer.status, about).toBeLessThan(500)
        if (isGet) continue
        asked += 1
        if (bodyOf === undefined) expect([about, answer.status]).toEqual([about, 403])
        else if (route.path.includes('{')) expect([403, 404], about).toContain(answer.status)
      }
    }
    expect(asked).toBeGreaterThan(20)
  })

  test('what team b has is still there', async () => {
    const { b } = bed.names
    const get = async (path: string) => (await ask(ADMIN_TOKEN, { method: 'GET' }, path)).body
    expect(await get('/v1/alerts/snoozes')).toContain(b.project)
    expect(await get('/v1/expiry/keeps')).toContain(b.keep)
    const project = JSON.parse(await get(`/v1/projects/${encodeURIComponent(b.project)}`))
    expect(project.override).toMatchObject({ limit: 50, why: 'team-b wants it' })
    expect(JSON.parse(await get(`/v1/expiry/runs/${b.waitingRun}`)).state).toBe('waiting')
    const { approvals } = JSON.parse(await get(`/v1/promotions/${b.promotion}`))
    expect(approvals).toBeUndefined()
  })
})

describe('team a sees its own', () => {
  const get = async (path: string) => {
    const { status, body } = await ask(tokens.reader ?? '', { method: 'GET' }, path)
    return { status, body, json: status === 200 ? JSON.parse(body) : undefined }
  }

  test.each([
    ...[
      'projects',
      'overview',
      'report',
      'flags',
      'alerts',
      'alerts/deliveries',
      'alerts/snoozes',
      'events/deliveries',
      'audit',
    ],
    ...['promotions', 'promotions/undone', 'expiry/plan', 'expiry/keeps', 'trash'],
  ])('in the list %s', async (list) => {
    expect((await get(`/v1/${list}`)).body).toContain('team-a')
  })

  test('one by one', async () => {
    const { a } = bed.names
    const project = `/v1/projects/${encodeURIComponent(a.project)}`
    for (const path of [
      ...['', '/tags', '/quota', '/history', '/growth', '/forecast'].map((below) => project + below),
      ...[
        `/v1/promotions/${a.receipt}`,
        `/v1/promotions/${a.promotion}`,
        `/v1/promotions/${a.receipt}/receipt`,
      ],
      ...[`/v1/promotions/${a.receipt}/envelope`, `/v1/jobs/promotion/${a.promotion}`],
      ...[
        `/v1/jobs/expiry/${a.expiryJob}`,
        `/v1/expiry/runs/${a.waitingRun}`,
        `/v1/expiry/runs/${a.run}/deletes`,
      ],
      ...[`/v1/trash/${encodeURIComponent(a.trashed)}`, `/v1/expiry/diff?policy=old`],
    ])
      expect([path, (await get(path)).status]).toEqual([path, 200])
  })

  test('of a run at several projects, what it did in its own', async () => {
    const { json: list } = await get('/v1/expiry/runs')
    const ids = list.runs.map(({ id }: { id: string }) => id)
    expect(new Set(ids)).toEqual(new Set([bed.bothRun, bed.dryRun, bed.names.a.run]))
    const { json: run } = await get(`/v1/expiry/runs/${bed.bothRun}`)
    expect(run).toMatchObject({
      outcomes: { deleted: 1 },
      progress: { planned: 1, plannedBytes: 7, done: 1, freedBytes: 7 },
    })
    for (const key of ['kept', 'warnings']) expect(run).not.toHaveProperty(key)
    const { json } = await get(`/v1/expiry/runs/${bed.bothRun}/deletes`)
    expect(json.deletes.map(({ project }: { project: string }) => project)).toEqual([bed.names.a.project])
    const own = await ask(ADMIN_TOKEN, { method: 'GET' }, `/v1/expiry/runs/${bed.bothRun}`)
    expect(JSON.parse(own.body)).toMatchObject({ kept: 40, outcomes: { deleted: 2 } })
  })
})

test('no cursor tells where something of team b is', async () => {
  const { a, b } = bed.names
  const entry = JSON.parse(
    (await ask(ADMIN_TOKEN, { method: 'GET' }, `/v1/trash/${encodeURIComponent(a.trashed)}`)).body,
  )
  // The trash is in the order of names: what is of team b is between these.
  const own = { ...entry, project: 'ci/team-c/app', repository: 'team-c/app' }
  await bed.store.put(trashKey(own), JSON.stringify(own))
  const token = await bed.tokenFor('team-a-and-c', ['ci/team-a/**', 'ci/team-c/**'], ['read'])
  const cursors: string[] = []
  let found = ''
  for (let cursor = ''; ; ) {
    const { body } = await ask(token, { method: 'GET' }, `/v1/trash?limit=1${cursor && `&cursor=${cursor}`}`)
    found += body
    cursor = JSON.parse(body).next ?? ''
    if (cursor === '') break
    cursors.push(Buffer.from(cursor, 'base64url').toString())
  }
  expect(found).toContain('ci/team-c/app')
  expect(cursors).toEqual([expect.stringContaining('team-a')])
  expect(cursors.join()).not.toContain(b.repository)
})

test('a promotion without a rule is rolled back only by who sees all projects', async () => {
  const url = '/v1/promotions/without-rule/rollback'
  const { status, body } = await ask(tokens.named ?? '', { method: 'POST' }, url)
  expect([status, JSON.parse(body).detail]).toEqual([
    403,
    'this promotion was without a rule: to roll it back needs promote over all projects: the token team-a has admin over ci/team-a/**',
  ])
  // It is only a receipt: nothing was promoted.
  expect((await ask(ADMIN_TOKEN, { method: 'POST' }, url)).status).toBe(409)
})

describe('the job of a repair', () => {
  const image = `ci/team-a/app@sha256:${'a'.repeat(64)}`
  const repair = async (body: object): Promise<string> => {
    const { status, body: answer } = await ask(
      ADMIN_TOKEN,
      { method: 'POST' },
      '/v1/broken-images/repair',
      body,
    )
    expect(status).toBe(202)
    return JSON.parse(answer).job.id
  }
  const seen = async (id: string) =>
    (await ask(tokens.reader ?? '', { method: 'GET' }, `/v1/jobs/integrity/${id}`)).status

  test('is seen by a team if it has its own image from its own repository', async () => {
    expect(await seen(await repair({ image, from: 'ci/team-a/base' }))).toBe(200)
  })

  // Its result tells where the copy was.
  test('is not seen if it takes the copy from another team, or wherever there is one', async () => {
    expect(await seen(await repair({ image, from: 'ci/team-b/app' }))).toBe(404)
    expect(await seen(await repair({ image }))).toBe(404)
  })
})
