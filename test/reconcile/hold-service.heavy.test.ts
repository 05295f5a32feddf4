import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRegistryFolder } from '../../bench/registry-folder.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'

/** The whole service and a registry's storage with 120 manifests. */
let folder: ReturnType<typeof makeRegistryFolder>
let tallyman: LabTallyman
beforeAll(async () => {
  folder = makeRegistryFolder(120, { projects: 3, repositories: 2, imagesPerBase: 20 })
  const storage = { type: 'folder', path: folder.root }
  tallyman = await startTallyman({
    registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN, storage } },
  })
})
afterAll(async () => {
  await tallyman?.close()
  folder?.remove()
})

const ask = (payload: object) =>
  tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/registries/ci/reconcile', payload },
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })

interface Job {
  state: string
  result: ReconcileReport
}
async function reconcile(payload: object): Promise<ReconcileReport> {
  const { job } = (await ask(payload)).json<{ job: { id: string } }>()
  const read = () => tallyman.get<Job>(`/v1/jobs/reconcile/${job.id}`)
  return (await eventually(read, ({ state }) => state === 'completed')).result
}

interface Registry {
  confidence: string
  uniqueBytes: number
  lastReconcile: ReconcileReport
}
const status = async () =>
  (await tallyman.get<{ registries: Registry[] }>('/v1/registries')).registries[0] ??
  expect.unreachable('no registry')

test('an unmounted storage is told of everywhere and removes nothing, until a person accepts the loss', async () => {
  expect(await reconcile({})).toMatchObject({ hold: null, drift: { manifestsMissed: 120 } })
  const { uniqueBytes } = await status()
  const repositories = join(folder.root, 'docker/registry/v2/repositories')
  renameSync(repositories, `${repositories}.away`)
  mkdirSync(repositories)

  expect(await reconcile({})).toMatchObject({ hold: { what: 'manifests', missing: 120, manifests: 120 } })
  const text = /nothing is removed: 120 of the 120 manifests .* tallyman reconcile ci --accept-loss$/
  expect(await status()).toMatchObject({
    ...{ uniqueBytes, confidence: expect.stringMatching(text) },
    lastReconcile: { hold: { what: 'manifests', missing: 120, manifests: 120 } },
  })
  const { alerts } = await eventually(
    () => tallyman.get<{ alerts: object[] }>('/v1/alerts'),
    ({ alerts }) => alerts.length > 0,
  )
  expect(alerts).toEqual([
    {
      ...{ id: expect.any(String), at: expect.any(String), registry: 'ci' },
      ...{ event: 'reconcile.held', text: expect.stringMatching(text) },
    },
  ])

  expect((await ask({ dryRun: true, acceptLoss: true })).statusCode).toBe(400)
  expect(await reconcile({ acceptLoss: true })).toMatchObject({ hold: null })
  expect(await status()).toMatchObject({ uniqueBytes: 0, confidence: expect.stringMatching(/^exact since/) })
}, 180_000)
