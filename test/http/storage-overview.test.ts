import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HookedRegistry, startHookedRegistry } from '../../lab/hooked-registry.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import type { Advice } from '../../src/collection/advice.ts'
import type { CollectionRun } from '../../src/collection/collection-run.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import type { StorageReport } from '../../src/space/report.ts'
import { collectionApi, configOf, fillWithGarbage, GARBAGE } from '../collection/collection-bed.ts'

interface Glance {
  registry: string
  hasStorage: boolean
  report: StorageReport | null
  surveying: { queue: string; id: string } | null
  advice: Advice | null
  modes: { mode: string; missing: string | null }[]
  collecting: CollectionRun | null
  heldSince: string | null
}

let registry: HookedRegistry
let service: LabTallyman
let api: ReturnType<typeof collectionApi>
const glances = async (query = '') =>
  (await service.get<{ registries: Glance[] }>(`/v1/storage${query}`)).registries
const ci = async (): Promise<Glance> => {
  const [found] = await glances('?registry=ci')
  if (found === undefined) throw new Error('ci is not there')
  return found
}

beforeAll(async () => {
  registry = await startHookedRegistry()
  await fillWithGarbage(registry)
  service = await startTallyman({
    registries: { ci: configOf(registry), production: { url: 'http://127.0.0.1:1' } },
  })
  api = collectionApi(await service.app.listen({ port: 0, host: '127.0.0.1' }))
})
afterAll(async () => {
  await service?.close()
  await registry?.close()
})

test('all registries are told at a glance, before anything is known of them', async () => {
  const nothing = { report: null, surveying: null, advice: null, collecting: null, heldSince: null }
  expect(await glances()).toEqual([
    {
      ...{ registry: 'ci', hasStorage: true, ...nothing },
      modes: [
        { mode: 'conduct', missing: null },
        { mode: 'barrier', missing: expect.stringContaining('set registries.ci.storage') },
      ],
    },
    {
      ...{ registry: 'production', hasStorage: false, ...nothing },
      modes: [
        { mode: 'conduct', missing: expect.stringContaining('registries.production.gc.hooks') },
        { mode: 'barrier', missing: expect.stringContaining('registries.production.gc.barrier') },
      ],
    },
  ])
})

test('a registry that is not there is refused, and names those that are', async () => {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const answer = await service.app.inject({ url: '/v1/storage?registry=x', headers })
  expect([answer.statusCode, answer.json().detail]).toEqual([
    404,
    'there is no registry "x"; configured: ci, production',
  ])
})

test('it has the last survey, the collection that runs, and whether pushes are held', async () => {
  await registry.let('collect', 'hang')
  const id = await api.begin()
  const held = await eventually(ci, ({ collecting }) => collecting?.phase === 'collect')
  expect(held.collecting?.id).toBe(id)
  expect(Date.parse(held.heldSince ?? '')).toBeGreaterThanOrEqual(Date.parse(held.collecting?.at ?? ''))
  expect(held.report?.collectable).toEqual({ objects: GARBAGE.blobs, bytes: GARBAGE.bytes })
  expect(held.advice?.collectable).toEqual(GARBAGE)

  // What lets pushes in fails: until it succeeds, the record tells why.
  await registry.let('readOnlyOff', 'fail')
  await api.stop()
  const stuck = await eventually(ci, ({ collecting }) => collecting?.phases.at(-1)?.note !== undefined)
  expect(stuck.collecting?.phases.at(-1)).toMatchObject({
    ...{ phase: 'readOnlyOff', tookMs: null },
    note: expect.stringMatching(/^attempt \d+ failed: .*ended with the status 3/),
  })
  expect(stuck.heldSince).toBe(held.heldSince)
  const { findings } = await service.get<{ findings: Finding[] }>('/v1/doctor')
  expect(findings.find(({ check }) => check === 'collection of ci')).toMatchObject({
    ...{ level: 'error', what: expect.stringMatching(/^it is read-only since .* ended with the status 3/) },
    fix: expect.stringContaining(`tallyman gc status ci ${id}`),
  })
  await registry.letAgain('readOnlyOff', 'fail')
  await registry.letAgain('collect', 'hang')
  expect(await api.ended(id)).toMatchObject({ outcome: 'stopped', isHeld: false })
  expect(await ci()).toMatchObject({ collecting: null, heldSince: null })
})

test('a survey that waits is told, and one of the schedule is not until its time has come', async () => {
  expect((await ci()).surveying).toBeNull()
  // Nobody works it off.
  const idle = await startTallyman({ registries: { ci: configOf(registry) } }, { queues: [] })
  try {
    const asked = await idle.app.inject({
      ...{ method: 'POST', url: '/v1/registries/ci/storage' },
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    const [found] = (await idle.get<{ registries: Glance[] }>('/v1/storage')).registries
    expect(found?.surveying).toEqual(asked.json().job)
  } finally {
    await idle.close()
  }
})
