import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import type { StorageReport } from '../../src/space/report.ts'
import { tallyman } from '../cli/cli-bed.ts'

/** The report of a registry's storage, by the API and the command, against a real service and a real registry on a folder. */
let registry: LabRegistry
let service: LabTallyman
let url: string
const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_CONFIG: join(service.folder, 'tallyman.yaml') }, ...argv, '--url', url)

beforeAll(async () => {
  registry = await startRegistry()
  const client = makeRegistryClient({ name: 'ci', url: registry.url })
  try {
    await pushImage(
      client,
      'team/app',
      'v1',
      makeImage({ layers: [{ seed: 'a', bytes: 50_000 }], label: 'v1' }),
    )
    await upload(client, 'team/app', Buffer.alloc(12_000, 1))
    await upload(client, 'team/tool', Buffer.alloc(9_000, 2))
    for (const repository of ['team/app', 'team/tool'])
      await upload(client, repository, Buffer.alloc(4_000, 3))
  } finally {
    await client.close()
  }
  service = await startTallyman({
    registries: {
      ci: { url: registry.url, token: WEBHOOK_TOKEN, storage: { type: 'folder', path: registry.storage } },
      production: { url: 'http://127.0.0.1:1' },
    },
  })
  url = await service.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await service?.close()
  await registry?.close()
})

test('tells what it holds and what a collection would free, once it was surveyed', async () => {
  const before = await run('storage', 'report', 'ci')
  expect(before.status).not.toBe(0)
  expect(before.err).toContain('the storage of "ci" was not surveyed yet')

  const { status, out, err } = await run('storage', 'report', 'ci', '--survey', '--output', 'json')
  expect(status, err).toBe(0)
  const report: StorageReport = JSON.parse(out)
  expect(report.collectable).toEqual({ objects: 3, bytes: 25_000 })
  expect(report.projects).toEqual([
    { project: 'ci/team/app', objects: 1, bytes: 12_000 },
    { project: 'ci/team/tool', objects: 1, bytes: 9_000 },
    { project: null, objects: 1, bytes: 4_000 },
  ])
  expect(report.parts.referenced.objects).toBe(3)
  const sum = Object.values(report.parts).reduce((all, { bytes }) => all + bytes, 0)
  expect(report.total.bytes).toBe(sum)
  expect(report).toMatchObject({ unlisted: [], missing: { count: 0 }, unreadable: { count: 0 } })
  expect(await service.get('/v1/registries/ci/storage')).toEqual(report)

  const table = await run('storage', 'report', 'ci')
  expect(table.out).toContain('a collection of garbage would free 24.4 KiB: blobs 3')
  expect(table.out).toMatch(/^ci\/team\/app +1 +11\.7 KiB$/m)
})

test('a registry whose storage is not known, and one that is not there, are told apart', async () => {
  expect((await run('storage', 'report', 'production')).err).toContain(
    'Tallyman does not know the storage of "production": set registries.production.storage',
  )
  expect((await run('storage', 'report', 'nowhere')).err).toContain(
    'there is no registry "nowhere"; configured: ci, production',
  )
})
