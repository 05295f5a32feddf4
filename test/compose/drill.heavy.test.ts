import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { type LabService, makeService } from '../../lab/service.ts'
import { ADMIN_TOKEN, eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/**
 * The drill: Redis is lost, the store is lost, both are lost, with real programs. It prints how long each took, which
 * docs/operations.md quotes. Each step begins where the one before has ended, so all are one test.
 */
const MIB = 1024 * 1024

let folder: string
let registry: LabRegistry
let client: RegistryClient
let service: LabService
let redis: LabRedis
let api: Awaited<ReturnType<LabService['startApi']>>
const store = () => join(folder, 'store')
const backup = () => join(folder, 'backup')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-drill-'))
  redis = await startRedis()
  // The registry needs the address of the service, and the service that of the registry.
  const config: Record<string, unknown> = {}
  const before = await startRegistry()
  config.registries = { ci: { url: before.url, token: WEBHOOK_TOKEN } }
  service = await makeService({
    redisUrl: redis.url,
    config: {
      ...config,
      store: { type: 'folder', path: store() },
      quotas: [{ project: 'ci/**', limit: '1MiB' }],
      expiry: {
        maxShare: '100%',
        policies: [
          {
            ...{ name: 'pr', mode: 'apply', schedule: '0 0 29 2 *', match: { registry: 'ci' } },
            rules: [{ tag: 'pr-*', olderThan: '1s', expire: true }],
          },
        ],
      },
    },
  })
  const { port } = new URL(before.url)
  await before.close()
  registry = await startRegistry({
    port: Number(port),
    notify: { url: `${service.url}/v1/events`, token: WEBHOOK_TOKEN },
  })
  client = makeRegistryClient({ name: 'ci', url: registry.url })
  api = await service.startApi(['--workers'])
})
afterAll(async () => {
  await service?.close()
  await client?.close()
  await registry?.close()
  await redis?.close()
  await rm(folder, { recursive: true, force: true })
})

async function ask<Body>(method: string, path: string, body?: object): Promise<Body> {
  const headers = {
    authorization: `Bearer ${ADMIN_TOKEN}`,
    ...(body && { 'content-type': 'application/json' }),
  }
  const answer = await fetch(`${service.url}${path}`, {
    ...{ method, headers },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}
const get = <Body>(path: string) => ask<Body>('GET', path)

interface Registered {
  state: string
  confidence: string
  lastReconcile: { reason: string } | null
}
interface Project {
  id: string
  uniqueBytes: number
  pulls: number
  flag: { state: string } | string
}
const ci = async () => (await get<{ registries: Registered[] }>('/v1/registries')).registries[0]
const isExact = (one: Registered | undefined) => one?.confidence.startsWith('exact') === true
/** What a person reads of the projects: usage, pulls, quotas with overrides, flags with their times. */
const projects = async () => (await get<{ projects: Project[] }>('/v1/projects')).projects
const alerts = () => get<{ alerts: { id: string; kind?: string }[] }>('/v1/alerts')
const trash = () => get<{ images: { id: string; tags: string[] }[] }>('/v1/trash')
const audit = async () => (await get<{ entries: { action: string }[] }>('/v1/audit')).entries
const keeps = async () => (await get<{ keeps: { image: string }[] }>('/v1/expiry/keeps')).keeps

async function follow(queue: string, id: string) {
  const job = await eventually(
    () => get<{ state: string; error?: string }>(`/v1/jobs/${queue}/${id}`),
    ({ state }) => state === 'completed' || state === 'failed',
  )
  expect(job).toMatchObject({ state: 'completed' })
}
async function writeSnapshot() {
  const { job } = await ask<{ job: { id: string } }>('POST', '/v1/snapshots')
  await follow('snapshot', job.id)
}
const askRun = () =>
  ask<{ run: string; job: string }>('POST', '/v1/expiry/runs', { policy: 'pr', dryRun: false })
async function runPolicy() {
  const { run, job } = await askRun()
  await follow('expiry', job)
  return get<{ outcomes: Record<string, number> }>(`/v1/expiry/runs/${run}`)
}
async function push(repository: string, tag: string, bytes = 30_000) {
  const image = makeImage({ layers: [{ seed: `${repository}${tag}`, bytes }], label: `${repository}:${tag}` })
  await pushImage(client, repository, tag, image)
  await registry.untilDelivered()
}
const reconcile = async () => {
  const { job } = await ask<{ job: { id: string } }>('POST', '/v1/registries/ci/reconcile', {})
  await follow('reconcile', job.id)
}
/** Prints how long something took, and gives its result. */
async function timed<T>(what: string, run: () => Promise<T>): Promise<T> {
  const beganAt = performance.now()
  const result = await run()
  process.stdout.write(`drill: ${what}: ${((performance.now() - beganAt) / 1000).toFixed(1)} s\n`)
  return result
}

let known: Project[]
let told: number

const steps: { what: string; run: () => Promise<void> }[] = []
const step = (what: string, run: () => Promise<void>) => steps.push({ what, run })

step('a service with usage, an override, a keep, a deleted image and alerts', async () => {
  await push('team/app', 'v1', 2 * MIB)
  await push('team/app', 'pr-1')
  await push('team/web', 'v1')
  await fetch(`${registry.url}/v2/team/app/manifests/v1`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json', 'user-agent': 'a-node' },
  })
  await registry.untilDelivered()
  await eventually(projects, (all) => all.length === 2 && all.some(({ pulls }) => pulls === 1))
  await reconcile()
  await eventually(ci, isExact)
  await ask('PUT', '/v1/projects/ci%2Fteam%2Fweb/quota', { limit: '80GiB' })
  const { outcomes } = await runPolicy()
  expect(outcomes).toMatchObject({ deleted: 1 })
  await registry.untilDelivered()
  await push('team/app', 'pr-2')
  await ask('POST', '/v1/expiry/keeps', { image: 'ci/team/app:pr-2', why: 'somebody needs it' })
  await eventually(alerts, (all) => all.alerts.some((one) => JSON.stringify(one).includes('"over"')))
  await eventually(projects, (all) => all.some((one) => JSON.stringify(one).includes('"over"')))
  await writeSnapshot()
  known = await projects()
  told = (await alerts()).alerts.length
  expect(known.map(({ id }) => id)).toEqual(['ci/team/app', 'ci/team/web'])
  await cp(store(), backup(), { recursive: true })
})

step(
  'Redis is lost: usage, pulls, overrides and flags are back by themselves; nobody is told twice',
  async () => {
    await redis.process.stop('SIGKILL')
    redis = await startRedis({ port: redis.port })
    await timed('Redis was lost; the numbers are back', () =>
      eventually(
        () => projects().catch(() => []),
        (all) => isDeepStrictEqual(all, known),
      ),
    )
    const after = await timed('Redis was lost; the index is exact again', () => eventually(ci, isExact))
    expect(after?.lastReconcile?.reason).toBe('Redis lost its data')
    expect(await projects()).toEqual(known)
    expect((await alerts()).alerts.length).toBe(told)
    expect((await audit()).map(({ action }) => action)).toContain('quota.set')
  },
)

step('an image of the trash can be brought back after that', async () => {
  const [entry] = (await trash()).images
  expect(entry?.tags).toEqual(['pr-1'])
  await ask('POST', `/v1/trash/${encodeURIComponent(entry?.id ?? '')}/restore`, {})
  expect(await client.headManifest('team/app', 'pr-1')).toBeDefined()
  await registry.untilDelivered()
})

step(
  'the store is lost: nothing is deleted until its backup is there, although nobody keeps anything',
  async () => {
    await rm(store(), { recursive: true })
    await timed('the store was lost; it is noticed', () =>
      eventually(
        () => get<{ state: string }>('/v1/store'),
        ({ state }) => state === 'lost',
      ),
    )
    expect(await keeps()).toEqual([])
    const { job } = await askRun()
    const failed = await eventually(
      () => get<{ failedReason: string | null }>(`/v1/jobs/expiry/${job}`),
      ({ failedReason }) => failedReason !== null,
    )
    expect(failed.failedReason).toContain('the store has lost its data')
    expect(await client.headManifest('team/app', 'pr-2')).toBeDefined()
    // What is written meanwhile stays beside the backup.
    await timed('the store was lost; its backup is there', async () => {
      await cp(backup(), store(), { recursive: true })
      await eventually(
        () => get<{ state: string }>('/v1/store'),
        ({ state }) => state === 'known',
      )
    })
    expect(await keeps()).toHaveLength(1)
    await eventually(ci, isExact)
    // The run is tried again by itself. It deletes pr-1, which was brought back. pr-2 is kept.
    await follow('expiry', job)
    expect(await client.headManifest('team/app', 'pr-1')).toBeUndefined()
    expect(await client.headManifest('team/app', 'pr-2')).toBeDefined()
    await registry.untilDelivered()
  },
)

step(
  'Redis and the store are lost: with the backup of the store all is back but what was done since',
  async () => {
    await eventually(projects, (all) => isDeepStrictEqual(sizes(all), sizes(known)))
    await api.stop('SIGKILL')
    await redis.process.stop('SIGKILL')
    await rm(store(), { recursive: true })
    await pushImage(client, 'team/late', 'v1', makeImage({ layers: [{ seed: 'late', bytes: 1_000 }] }))
    await cp(backup(), store(), { recursive: true })
    redis = await startRedis({ port: redis.port })
    await timed('both were lost; the service is up and exact', async () => {
      api = await service.startApi(['--workers'])
      await eventually(ci, isExact)
    })
    const all = await projects()
    // A push while nobody listened, which the registry delivers or a reconcile finds.
    expect(sizes(all.filter(({ id }) => id !== 'ci/team/late'))).toEqual(sizes(known))
    expect(all.map(({ id }) => id)).toContain('ci/team/late')
    expect(JSON.stringify(all.find(({ id }) => id === 'ci/team/web'))).toContain(String(80 * 1024 ** 3))
    expect(await keeps()).toHaveLength(1)
    expect((await trash()).images.map(({ tags }) => tags)).toEqual([['pr-1']])
    expect(await get('/v1/store')).toEqual({ state: 'known', doubt: null })
  },
)

test('the drill: Redis is lost, the store is lost, both are lost', async () => {
  for (const { what, run } of steps) {
    process.stdout.write(`drill: ${what}\n`)
    await run()
  }
})

const sizes = (all: readonly Project[]) =>
  all.map(({ id, uniqueBytes, pulls }) => ({ id, uniqueBytes, pulls }))
