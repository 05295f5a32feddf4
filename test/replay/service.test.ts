import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import type { ReplayResult } from '../../src/replay/replay-record.ts'
import { makeWriteJournal } from '../../src/replay/write-journal.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { tallyman as run } from '../cli/cli-bed.ts'

const DAY = 86_400_000
let service: LabTallyman
let folder: string
let env: NodeJS.ProcessEnv
let config: Record<string, unknown>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-replay-'))
  const port = await freePort()
  config = {
    server: { port, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
    registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN, pulls: 'complete' } },
    store: { type: 'folder', path: join(folder, 'store') },
    journal: { enabled: true },
    actors: false,
    expiry: {
      policies: [
        {
          name: 'old',
          schedule: '0 * * * *',
          match: { registry: 'ci' },
          rules: [{ tag: 'pr-*', olderThan: '1h', expire: true }],
        },
      ],
    },
  }
  service = await startTallyman(config)
  await service.app.listen({ port })
  env = { TALLYMAN_CONFIG: join(service.folder, 'tallyman.yaml') }
})
afterAll(async () => {
  await service?.close()
  await rm(folder, { recursive: true })
})

const digest = (c: string) => `sha256:${c.repeat(64)}`
const event = (id: string, action: 'push' | 'pull', hoursAgo: number, image: string, tag: string) => ({
  ...{ id, action, timestamp: new Date(Date.now() - hoursAgo * 3_600_000).toISOString() },
  target: {
    ...{
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      size: 500,
      repository: 'team/app',
      tag,
    },
    digest: digest(image),
    ...(action === 'push' && {
      references: [
        {
          mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
          size: 1_000_000,
          digest: digest('f'),
        },
      ],
    }),
  },
  request: { method: 'GET', useragent: 'docker/27 secret-agent', addr: '10.9.8.7:1' },
  actor: { name: 'ann-the-actor' },
})

/** Moves the journal into the past: each hour of it as if heard then. */
async function writePast() {
  const redis = new Redis(service.redis.port)
  const store = makeFolderStore({ path: join(folder, 'store') })
  const written = await makeWriteJournal({
    redis,
    prefix: 'tallyman',
    store,
    keepMs: 90 * DAY,
    now: Date.now,
  })({ isAll: true })
  redis.disconnect()
  return written
}

test('without a journal it says so', async () => {
  expect(await run(env, 'replay', 'old', '--since', '30d')).toMatchObject({
    status: 1,
    err: expect.stringContaining('the journal is empty'),
  })
})

test('wrong input is told, and nothing is asked', async () => {
  expect(await run(env, 'replay', '--since', '30d')).toMatchObject({ status: 2 })
  expect(await run(env, 'replay', 'old')).toMatchObject({ status: 2 })
  expect(await run(env, 'replay', 'none', '--since', '30d')).toMatchObject({
    status: 6,
    err: expect.stringContaining('no policy "none"; configured: old'),
  })
  // The last has no zone: it would be a time of wherever the service runs.
  for (const since of ['yesterday', '2026-02-31', '2026-11-01 (x)', '2026-11-01T10:00'])
    expect(await run(env, 'replay', 'old', '--since', since)).toMatchObject({
      err: expect.stringContaining('since: expected a duration such as 30d'),
    })
  expect(await run(env, 'replay', 'old', '--since', '2199-01-01')).toMatchObject({
    err: expect.stringContaining('expected a time before'),
  })
  const file = join(folder, 'wrong.yaml')
  await writeFile(file, 'name: x\nmatch: { registry: ci }\nrules: [{ tagg: "pr-*", expire: true }]\n')
  expect(await run(env, 'replay', '--policy', file, '--since', '30d')).toMatchObject({
    err: expect.stringContaining('policies.0.rules.0.tagg'),
  })
  expect(
    (
      await service.app.inject({
        url: '/v1/replays/nobody',
        headers: { authorization: `Bearer ${READ_TOKEN}` },
      })
    ).statusCode,
  ).toBe(404)
})

test('what was accepted is replayed: what a policy would have deleted, and what of it was pulled', async () => {
  const now = Date.now()
  const heard = [
    event('e1', 'push', 12, 'a', 'pr-1'),
    event('e2', 'push', 12, 'b', 'pr-2'),
    event('e3', 'push', 12, 'c', 'v1'),
    event('e4', 'pull', 1, 'a', 'pr-1'),
    event('e5', 'pull', 1, 'c', 'v1'),
  ]
  for (const one of heard) expect(await service.deliver({ events: [one] })).toBe(202)
  // The registry did not get an answer in time, and sends it again.
  await service.deliver({ events: [heard[3]] })
  await eventually(
    () => service.get<{ projects: { pulls: number; tags: number }[] }>('/v1/projects'),
    ({ projects }) => projects[0]?.pulls === 2 && projects[0].tags === 3,
  )
  const text = await waitingText()
  // Only what a replay needs: no agent, no address, and no name, as `actors: false` says.
  for (const secret of ['secret-agent', '10.9.8.7', 'ann-the-actor']) expect(text).not.toContain(secret)
  await backdate(now)
  expect(await writePast()).toMatchObject({ objects: 1 })

  const { status, out, err } = await run(env, 'replay', 'old', '--since', '2d', '--output', 'json')
  expect({ status, err }).toMatchObject({ status: 0 })
  const result: ReplayResult = JSON.parse(out)
  expect(result.events).toBe(5)
  expect(result.policies).toMatchObject([
    {
      ...{ policy: 'old', registry: 'ci', images: 2, tags: 0, bytes: 1_000, pastShare: 0 },
      regretted: { images: 1, tags: 0, pulls: 1, bytes: 1_000_500 },
      rules: [{ rule: 'expire pr-*', images: 2 }],
      examples: [{ image: `ci/team/app@${digest('a')}`, tags: ['pr-1'], pulls: 1 }],
    },
  ])
  expect(result.notKnown.join('\n')).toContain('images that were there before the journal began')

  const { replays } = await service.get<{ replays: { id: string; state: string }[] }>('/v1/replays')
  expect(replays.map(({ state }) => state)).toEqual(['done', 'failed'])
  expect(await service.get(`/v1/replays/${replays[0]?.id}`)).toMatchObject({ state: 'done', result })

  const file = join(folder, 'new.yaml')
  await writeFile(
    file,
    'name: new\nschedule: "0 * * * *"\nmatch: { registry: ci }\nrules: [{ tag: "none", expire: true }]\n',
  )
  const both = await run(env, 'replay', 'old', '--policy', file, '--since', '2d')
  expect(both.out).toMatch(/^old at ci: \d+ runs, freed 1000 B\nRULE +IMAGES +TAGS +FREED +REGRETTED/)
  expect(both.out).toMatch(/\nnew at ci: \d+ runs, freed 0 B\n/)
})

test('a replay runs alone; one that was asked for is found before it has ended', async () => {
  const ask = (payload: object) =>
    service.app.inject({
      ...{ method: 'POST', url: '/v1/replays', payload },
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
  const asked = await Promise.all([1, 2, 3].map(() => ask({ policies: ['old'], since: '2d' })))
  const [first, ...others] = asked.toSorted((a, b) => a.statusCode - b.statusCode)
  expect(first?.statusCode).toBe(202)
  for (const other of others)
    if (other.statusCode !== 202) {
      expect(other.statusCode).toBe(409)
      expect(other.json().detail).toMatch(/^a replay runs already: /)
    }
  const { replay } = first?.json() ?? {}
  expect(await service.get(`/v1/replays/${replay}`)).toMatchObject({
    id: replay,
    by: expect.stringMatching(/^admin/),
  })
  await eventually(
    () => service.get<{ state: string }>(`/v1/replays/${replay}`),
    ({ state }) => state === 'done',
  )
  expect((await ask({ policies: ['old', 'old', 'old', 'old', 'old'], since: '2d' })).statusCode).toBe(400)
  expect((await ask({ policies: [], since: '2d' })).statusCode).toBe(400)
  expect((await ask({ policies: [7], since: '2d' })).json().detail).toContain('expected a mapping')
})

test('a file may list policies; one that was never due in that time says so', async () => {
  const file = join(folder, 'list.yaml')
  const policy = (name: string, schedule: string) =>
    `- { name: ${name}, schedule: "${schedule}", match: { registry: ci }, rules: [{ tag: x, expire: true }] }\n`
  await writeFile(file, policy('often', '* * * * *') + policy('leap', '0 0 29 2 *'))
  const { status, out, err } = await run(env, 'replay', '--policy', file, '--since', '10m')
  expect({ status, err }).toMatchObject({ status: 0 })
  expect(out).toMatch(/^often at ci: \d+ runs/)
  expect(out).toContain('leap at ci: 0 runs')
  expect(err).toMatch(
    /not known: what "leap" would have deleted: its schedule, 0 0 29 2 \*, was not due from \S+ to \S+Z\n/,
  )
  expect(err).not.toContain('"often" would have deleted')
})

test('a replay until now reads what was heard a moment ago, and waits in Redis', async () => {
  const before = await written()
  await service.deliver({ events: [event('late', 'pull', 0, 'c', 'v1')] })
  await eventually(waitingText, (text) => text.includes('late'))
  const { out } = await run(env, 'replay', 'old', '--since', '2d', '--output', 'json')
  expect(JSON.parse(out).events).toBe(6)
  expect(await written()).toBe(before + 1)
})

test('that Redis lost what waited is told, also if nothing was heard since', async () => {
  const redis = new Redis(service.redis.port)
  await redis.del('tallyman:{journal}:written')
  redis.disconnect()
  const { err } = await run(env, 'replay', 'old', '--since', '2d')
  expect(err).toMatch(/not known: some of what happened between .* Redis lost what was to be written/)
  // A replay that ends before is told nothing of it.
  const past = await run(env, 'replay', 'old', '--since', '2d', '--until', '2h')
  expect(past.err).not.toContain('Redis lost')
})

const written = async () =>
  (await Array.fromAsync(makeFolderStore({ path: join(folder, 'store') }).list('journal/'))).length

const waiting = 'tallyman:{journal}:waiting'

async function waitingText(): Promise<string> {
  const redis = new Redis(service.redis.port)
  const all = await redis.xrange(waiting, '-', '+')
  redis.disconnect()
  return all.map(([, [, text]]) => text).join('')
}

/** Gives what waits the times of the events: the registry of this test delivers hours late. */
async function backdate(now: number) {
  const redis = new Redis(service.redis.port)
  const all = await redis.xrange(waiting, '-', '+')
  await redis.del(waiting)
  for (const [n, [, fields]] of all.entries()) {
    const hours = n < 3 ? 12 : 1
    await redis.xadd(waiting, `${now - hours * 3_600_000}-${n}`, ...fields)
  }
  redis.disconnect()
}
