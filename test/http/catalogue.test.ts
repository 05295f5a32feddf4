import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`
const push = (repository: string, tag: string, letter: string) => ({
  ...{ id: `${repository}:${tag}`, timestamp: RECENTLY, action: 'push', actor: { name: 'secret-pusher' } },
  target: {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500, references: [] },
    ...{ digest: digestOf(letter), repository, tag },
  },
})

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman({
    login: { public: true },
    quotas: [{ project: 'ci/**', limit: '100' }],
    registries: {
      ci: { url: 'http://127.0.0.1:1', token: 'lab-webhook-token-0001' },
      archive: { url: 'http://127.0.0.1:2' },
    },
  })
  const pushes = [
    ...[
      push('team-a/app/api', 'v1', 'a'),
      push('team-a/app/api', 'v2', 'b'),
      push('team-a/app/web', 'v1', 'a'),
    ],
    ...[push('team-b/app', 'v1', 'c'), push('team-c/app', 'v1', 'd')],
  ]
  await tallyman.deliver({ events: pushes })
  await eventually(
    () => get('/v1/catalogue/projects'),
    ({ body }) => body.projects.length === 3,
  )
})
afterAll(() => tallyman.close())

async function get(url: string) {
  const answer = await tallyman.app.inject(url)
  return { status: answer.statusCode, body: answer.json() }
}

/** All pages of a list, with one item each. */
async function pages(url: string, key: string): Promise<unknown[]> {
  const found: unknown[] = []
  for (let cursor = ''; ; ) {
    const { body } = await get(`${url}${url.includes('?') ? '&' : '?'}limit=1${cursor}`)
    found.push(...body[key])
    if (body.next === null) return found
    cursor = `&cursor=${body.next}`
  }
}

test('everybody sees which images there are', async () => {
  expect(await get('/v1/catalogue')).toEqual({
    ...{ status: 200, body: { registries: [{ name: 'archive' }, { name: 'ci' }] } },
  })
  expect((await get('/v1/catalogue/projects')).body).toEqual({
    projects: [
      { project: 'ci/team-a/app', repositories: 2, tags: 3 },
      { project: 'ci/team-b/app', repositories: 1, tags: 1 },
      { project: 'ci/team-c/app', repositories: 1, tags: 1 },
    ],
    next: null,
  })
  expect((await get('/v1/catalogue/repositories?project=ci/team-a/app')).body).toEqual({
    ...{ repositories: [{ repository: 'team-a/app/api' }, { repository: 'team-a/app/web' }], next: null },
  })
  const tags = '/v1/catalogue/tags?project=ci/team-a/app&repository=team-a/app/api'
  const { body } = await get(tags)
  expect(body).toEqual({
    tags: [
      { tag: 'v1', digest: digestOf('a'), sizeBytes: 500, pushedAt: expect.any(String), ageSource: 'event' },
      { tag: 'v2', digest: digestOf('b'), sizeBytes: 500, pushedAt: expect.any(String), ageSource: 'event' },
    ],
    next: null,
  })
})

test('in pages', async () => {
  expect(await pages('/v1/catalogue/projects', 'projects')).toEqual(
    (await get('/v1/catalogue/projects')).body.projects,
  )
  for (const [url, key] of [
    ['/v1/catalogue/repositories?project=ci/team-a/app', 'repositories'],
    ['/v1/catalogue/tags?project=ci/team-a/app&repository=team-a/app/api', 'tags'],
  ] as const) {
    const all = (await get(url)).body[key]
    expect(all).toHaveLength(2)
    expect(await pages(url, key)).toEqual(all)
  }
})

test('of a registry, or with a text in the name', async () => {
  const projectsOf = async (query: string) =>
    (await get(`/v1/catalogue/projects?${query}`)).body.projects.map(
      ({ project }: { project: string }) => project,
    )
  expect(await projectsOf('registry=archive')).toEqual([])
  expect(await projectsOf('search=TEAM-B')).toEqual(['ci/team-b/app'])
})

test('what is not there, or not right, is said', async () => {
  for (const url of [
    '/v1/catalogue/repositories?project=ci/nothing',
    '/v1/catalogue/tags?project=ci/nothing&repository=nothing',
  ])
    expect((await get(url)).status).toBe(404)
  const none = await get('/v1/catalogue/tags?project=ci/team-a/app&repository=team-b/app')
  expect(none).toEqual({ status: 200, body: { tags: [], next: null } })
  for (const url of ['tags', 'repositories', 'projects?limit=0', 'projects?flag=over', 'projects?cursor=x'])
    expect((await get(`/v1/catalogue/${url}`)).status).toBe(400)
})

test('nobody sees more than that without logging in', async () => {
  const { paths } = (await tallyman.app.inject('/openapi.json')).json<{ paths: Record<string, object> }>()
  const open = ['/v1/login', '/v1/admission', '/livez', '/readyz', '/metrics']
  for (const [path, of] of Object.entries(paths)) {
    if (!('get' in of) || open.includes(path)) continue
    const url = path.replaceAll(/\{\w+\}/g, 'ci%2Fteam-a%2Fapp')
    const isCatalogue = path.startsWith('/v1/catalogue')
    const query = isCatalogue ? '?project=ci/team-a/app&repository=team-a/app/api' : ''
    const { statusCode, body } = await tallyman.app.inject(url + query)
    if (!isCatalogue) expect([path, statusCode]).toEqual([path, 401])
    for (const secret of ['secret-pusher', 'limit', 'flag', 'over'])
      if (isCatalogue && statusCode === 200) expect(body).not.toContain(secret)
  }
})

test('by default there is no catalogue, for nobody', async () => {
  const own = await startTallyman({}, { queues: [] })
  try {
    for (const url of ['', '/projects', '/repositories?project=ci/a', '/tags?project=ci/a&repository=a']) {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
      const answer = await own.app.inject({ url: `/v1/catalogue${url}`, headers })
      expect([url, answer.statusCode, answer.json().detail]).toEqual([
        ...[url, 404, 'the catalogue is not public here (login.public)'],
      ])
    }
  } finally {
    await own.close()
  }
})
