import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { RECENTLY } from '../../lab/recently.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import { QUEUE_NAMES, type QueueName } from '../../src/queue/jobs.ts'
import { tallyman as run } from '../cli/cli-bed.ts'

/** The tests use two services, one after the other, each with its own Redis, on the same store. */
let store: string
let service: LabTallyman
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'tallyman-store-'))
  await start()
})
afterAll(async () => {
  await service?.close()
  await rm(store, { recursive: true })
})

async function start(queues: readonly QueueName[] = QUEUE_NAMES) {
  const port = await freePort()
  const config = {
    server: { port, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
    registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN } },
    store: { type: 'folder', path: store },
    snapshots: { every: '1h', keep: 2 },
  }
  service = await startTallyman(config, { queues })
  await service.app.listen({ port })
  env = { TALLYMAN_CONFIG: join(service.folder, 'tallyman.yaml') }
}

const push = (repository: string) => ({
  ...{ id: repository, timestamp: RECENTLY, action: 'push' },
  target: {
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 500, repository, tag: 'v1' },
    ...{ digest: `sha256:${'a'.repeat(64)}` },
    references: [{ mediaType: 'application/octet-stream', size: 1000, digest: `sha256:${'b'.repeat(64)}` }],
  },
})
const projects = () => service.get<{ projects: { id: string }[] }>('/v1/projects')
const ask = (method: 'get' | 'post', path: string, token: string, body?: object) =>
  supertest(service.app.server)[method](path).set('authorization', `Bearer ${token}`).send(body)

test('without projects and snapshots, nothing is written or restored', async () => {
  expect(await run(env, 'snapshot', 'list')).toMatchObject({ status: 0, out: '' })
  expect(await run(env, 'snapshot', 'write')).toMatchObject({
    status: 0,
    out: 'the index is empty: no snapshot was written\n',
  })
  expect(await run(env, 'snapshot', 'restore', '--yes')).toMatchObject({
    status: 6,
    err: expect.stringContaining('404 there is no snapshot yet'),
  })
  for (const key of ['snapshots/none', '../tallyman.yaml', 'trash/a'])
    expect(await run(env, 'snapshot', 'restore', key, '--yes')).toMatchObject({
      status: 6,
      err: expect.stringContaining(`404 there is no snapshot "${key}"`),
    })
  expect((await ask('get', '/v1/jobs/snapshot/nobody', READ_TOKEN)).body).toMatchObject({
    detail: 'no job "nobody" in queue snapshot',
  })
})

test('the registries of the real service are listed; an unknown one cannot be reconciled', async () => {
  expect(await run(env, 'registries')).toMatchObject({
    status: 0,
    out: expect.stringMatching(
      /^REGISTRY +STATE +LAST RECONCILE +DELIVERIES +CONFIDENCE\nci +not read yet +never +not audited +\S.*\n$/,
    ),
  })
  expect(await run(env, 'reconcile', 'hub', '--dry-run')).toMatchObject({
    status: 6,
    err: expect.stringContaining('404 there is no registry "hub"; configured: ci'),
  })
})

test('the read token may list snapshots; only the admin token may write and restore them', async () => {
  expect((await ask('get', '/v1/snapshots', READ_TOKEN)).body).toEqual({ snapshots: [] })
  expect((await ask('get', '/v1/snapshots', 'nobody')).status).toBe(401)
  for (const path of ['/v1/snapshots', '/v1/snapshots/restore'])
    expect((await ask('post', path, READ_TOKEN, {})).status).toBe(403)
  expect((await ask('post', '/v1/snapshots/restore', ADMIN_TOKEN, { kee: 'x' })).status).toBe(400)
})

test('an index is written, lost with its Redis, and restored into another Redis', async () => {
  await service.deliver({ events: [push('team/app'), push('team/web')] })
  await eventually(projects, (answer) => answer.projects.length === 2)
  const before = await projects()

  const { status, out } = await run(env, 'snapshot', 'write')
  const [, key = ''] = /^(\S+): projects 2, facts \d+\n$/.exec(out) ?? []
  expect({ status, key }).toEqual({ status: 0, key: expect.stringMatching(/^snapshots\/20.*\.ndjson\.zst$/) })
  expect((await run(env, 'snapshot', 'list')).out).toMatch(
    new RegExp(`^CREATED .*\n20\\S+Z  \\d+ B +${key}\n$`),
  )
  expect(await run(env, 'snapshot', 'restore', key, '--yes')).toMatchObject({
    status: 1,
    err: expect.stringMatching(/\nfailed: the index is not empty: it holds ci\/team\/app and 1 more/),
  })
  // It failed for good, after one attempt.
  const { jobs } = await service.get<{ jobs: { attempts: number }[] }>('/v1/jobs/snapshot/failed')
  expect(jobs.map(({ attempts }) => attempts)).toEqual([1])

  // A service that may reconcile restores it by itself.
  await service.close()
  await start()
  await eventually(projects, (answer) => isDeepStrictEqual(answer, before))

  await service.close()
  await start(['snapshot'])
  expect((await projects()).projects).toEqual([])
  expect(await run(env, 'snapshot', 'restore', '--yes')).toMatchObject({
    status: 0,
    out: `${key}: projects 2, facts ${/facts (\d+)/.exec(out)?.[1]}\nnow being reconciled: ci\n`,
    err: expect.stringContaining(`restoring ${key}\n`),
  })
  // The answer includes quotas and flags.
  expect(await projects()).toEqual(before)
})
