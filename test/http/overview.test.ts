import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

interface Answer {
  version: string
  growthSince: number | null
  registries: {
    registry: string
    projects: number
    bytes: number | null
    uniqueBytes: number
    planned: number
    planFreesBytes: number
  }[]
  projects: Record<string, (string | number | null)[]>
  gone?: string[]
}

let tallyman: LabTallyman
let url = ''
beforeAll(async () => {
  tallyman = await startTallyman(
    {
      expiry: {
        policies: [{ name: 'old', match: { registry: 'ci' }, rules: [{ tag: 'pr-*', expire: true }] }],
      },
    },
    { queues: ['events'] },
  )
  await tallyman.app.listen({ host: '127.0.0.1', port: 0 })
  const address = tallyman.app.server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  await push('team-a/app', 'a', 500, 'pr-1')
  await push('team-b/app', 'b', 700)
  await untilThere('ci/team-a/app', 'ci/team-b/app')
})
afterAll(() => tallyman.close())

async function push(repository: string, digest: string, size: number, tag = 'v1') {
  const target = {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size, tag, references: [] },
    ...{ digest: `sha256:${digest.repeat(64)}`, repository },
  }
  await tallyman.deliver({
    events: [{ id: repository + digest, timestamp: RECENTLY, action: 'push', target }],
  })
}
const overview = async (token = READ_TOKEN): Promise<Answer> => {
  const answer = await fetch(`${url}/v1/overview`, { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status).toBe(200)
  return answer.json() as Promise<Answer>
}
const untilThere = (...ids: string[]) =>
  eventually(
    () => overview(),
    ({ projects }) => ids.every((id) => projects.id?.includes(id)),
  )

async function tokenFor(name: string, project: string): Promise<string> {
  const answer = await tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/tokens', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
    payload: { name, projects: [project], verbs: ['read'] },
  })
  return answer.json().secret
}

/** Opens the stream of changes. `next` gives the next event, or `undefined` at its end. */
async function listen(
  since: string,
  { token = READ_TOKEN, lastEventId }: { token?: string; lastEventId?: string } = {},
) {
  const stop = new AbortController()
  const answer = await fetch(`${url}/v1/overview/live?since=${since}`, {
    signal: stop.signal,
    headers: { authorization: `Bearer ${token}`, ...(lastEventId && { 'last-event-id': lastEventId }) },
  })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (): Promise<{ event: string; data: Answer; id: string } | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end === -1) {
        const { value, done = true } = (await reader?.read()) ?? {}
        if (done) return undefined
        text += value
        continue
      }
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line): [string, string] => {
            const cut = line.indexOf(': ')
            return [line.slice(0, cut), line.slice(cut + 2)]
          }),
      )
      text = text.slice(end + 2)
      const event = fields.get('event')
      if (event !== undefined && event !== 'beat')
        return { event, data: JSON.parse(fields.get('data') ?? ''), id: fields.get('id') ?? '' }
    }
  }
  return { status: answer.status, type: answer.headers.get('content-type'), next, close: () => stop.abort() }
}

test('all projects come in columns, with the sums of their registry', async () => {
  const answer = await overview()
  const { id = [], uniqueBytes = [], flag = [], growthBytes = [], lastPullAt = [] } = answer.projects
  const a = id.indexOf('ci/team-a/app')
  expect([uniqueBytes[a], flag[a], growthBytes[a], lastPullAt[a]]).toEqual([500, 'ok', null, null])
  expect(answer.registries).toMatchObject([
    { registry: 'ci', projects: id.length, bytes: expect.any(Number) },
  ])
  for (const column of Object.values(answer.projects)) expect(column).toHaveLength(id.length)
})

test('what expiry would free is planned while somebody looks', async () => {
  const { projects, registries } = await eventually(
    () => overview(),
    ({ registries }) => (registries[0]?.planned ?? 0) >= 2,
  )
  const a = projects.id?.indexOf('ci/team-a/app') ?? -1
  const b = projects.id?.indexOf('ci/team-b/app') ?? -1
  expect([
    projects.planUniqueBytes?.[a],
    projects.planFreesBytes?.[a],
    projects.planUniqueBytes?.[b],
  ]).toEqual([500, 500, 0])
  expect(registries[0]?.planFreesBytes).toBe(500)
})

test('it is sent again only if something changed', async () => {
  await eventually(
    async () => {
      const headers = { authorization: `Bearer ${READ_TOKEN}` }
      const first = await fetch(`${url}/v1/overview`, { headers })
      await first.arrayBuffer()
      const again = await fetch(`${url}/v1/overview`, {
        headers: { ...headers, 'if-none-match': first.headers.get('etag') ?? '' },
      })
      return again.status
    },
    (status) => status === 304,
  )
})

test('a token for some projects sees these and their sums, and no other projects', async () => {
  const answer = await overview(await tokenFor('team-a', 'ci/team-a/**'))
  expect(answer.projects.id).toEqual(['ci/team-a/app'])
  expect(answer.registries).toMatchObject([{ registry: 'ci', projects: 1, uniqueBytes: 500, bytes: null }])
})

test('a change is sent to who sees the project, and to nobody else', async () => {
  const { version } = await overview()
  const all = await listen(version)
  const team = await listen(version, { token: await tokenFor('team-c', 'ci/team-c/**') })
  expect([all.status, all.type]).toEqual([200, 'text/event-stream; charset=utf-8'])
  await push('team-b/app', 'd', 900)
  await push('team-c/app', 'c', 300)
  const sums = new Map<string, unknown>()
  while (!sums.has('ci/team-c/app')) {
    const event = await all.next()
    expect(event?.event).toBe('change')
    for (const [n, id] of (event?.data.projects.id ?? []).entries())
      sums.set(String(id), event?.data.projects.uniqueBytes?.[n])
  }
  expect(sums.get('ci/team-c/app')).toBe(300)
  const ids: unknown[] = []
  while (!ids.includes('ci/team-c/app')) ids.push(...((await team.next())?.data.projects.id ?? []))
  expect(new Set(ids)).toEqual(new Set(['ci/team-c/app']))
  all.close()
  team.close()
})

test('who connects again goes on from the last event; who knows no version of this process reads all again', async () => {
  const { version } = await overview()
  await push('team-d/app', 'e', 100)
  await untilThere('ci/team-d/app')
  const again = await listen('nonsense', { lastEventId: version })
  expect((await again.next())?.data.projects.id).toContain('ci/team-d/app')
  again.close()
  const other = await listen('other-process-7')
  expect((await other.next())?.event).toBe('reset')
  expect(await other.next()).toBeUndefined()
})

test('the stream ends when the token is revoked', { timeout: 60_000 }, async () => {
  const token = await tokenFor('short', 'ci/team-a/**')
  const stream = await listen((await overview(token)).version, { token })
  const answer = await tallyman.app.inject({
    ...{ method: 'DELETE', url: '/v1/tokens/short', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
  })
  expect(answer.statusCode).toBeLessThan(300)
  for (let event = await stream.next(); event !== undefined; event = await stream.next());
})

test('the stream ends when the service stops', async () => {
  const other = await startTallyman({}, { queues: [] })
  await other.app.listen({ host: '127.0.0.1', port: 0 })
  const address = other.app.server.address()
  const answer = await fetch(
    `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/overview/live`,
    {
      headers: { authorization: `Bearer ${READ_TOKEN}`, 'last-event-id': '' },
    },
  )
  const closed = once(other.app.server, 'close')
  const [text] = await Promise.all([answer.text(), other.close()])
  await closed
  expect(text).toContain('retry: 3000')
})
