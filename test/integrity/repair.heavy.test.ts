import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabImage, makeImage, makeIndex } from '../../lab/image.ts'
import { missingAt } from '../../lab/missing-at.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import type { BrokenImage } from '../../src/integrity/broken-image-view.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { blobKey, revisionKey } from '../../src/storage/layout.ts'
import { tallyman } from '../cli/cli-bed.ts'

/** Broken images of a real registry: found, listed, promoted in vain, and put back from the registry that has them whole. */
let ci: LabRegistry
let production: LabRegistry
let clients: Record<'ci' | 'production', RegistryClient>
let service: LabTallyman
let url: string

beforeAll(async () => {
  ;[ci, production] = await Promise.all([startRegistry(), startRegistry()])
  clients = {
    ci: makeRegistryClient({ name: 'ci', url: ci.url }),
    production: makeRegistryClient({ name: 'production', url: production.url }),
  }
  service = await startTallyman({
    registries: {
      ci: { url: ci.url, token: WEBHOOK_TOKEN, storage: { type: 'folder', path: ci.storage } },
      production: { url: production.url },
    },
    promotion: {
      rules: [
        {
          name: 'releases',
          when: 'request',
          from: { registry: 'ci', repository: '**', tag: 'v*' },
          to: { registry: 'production', repository: 'released/{repository}' },
        },
      ],
    },
  })
  url = await service.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await service?.close()
  for (const client of Object.values(clients ?? {})) await client.close()
  await ci?.close()
  await production?.close()
})

const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_CONFIG: join(service.folder, 'tallyman.yaml') }, ...argv, '--url', url)
const fileOf = (digest: string) => join(ci.storage, blobKey(digest))
const bodyOf = (image: LabImage) => JSON.parse(image.manifests.get(image.root.digest)?.bytes.toString() ?? '')
const imageOf = (base: string, label: string) =>
  makeImage({
    layers: [
      { seed: base, bytes: 5_000 },
      { seed: label, bytes: 300 },
    ],
    label,
  })
const brokenImages = async () => (await service.get<{ images: BrokenImage[] }>('/v1/broken-images')).images
const alertsAbout = async (digest: string) => {
  const { alerts } = await service.get<{ alerts: { event?: string; text: string }[] }>('/v1/alerts')
  return alerts.filter(({ text }) => text.includes(digest))
}

test('a lost base is told with where it is whole, no promotion tries for long, and one repair mends all that it broke', async () => {
  const [x, y] = [imageOf('base', 'x'), imageOf('base', 'y')]
  await pushImage(clients.ci, 'a/x', 'v1', x)
  await pushImage(clients.ci, 'b/y', 'v1', y)
  await pushImage(clients.production, 'released/a/x', 'v1', x)
  const base = bodyOf(x).layers[0].digest
  await rm(fileOf(base))
  await service.reconcile('ci')
  const listed = await brokenImages()
  expect(listed.map(({ repository, project }) => [repository, project])).toEqual([
    ['a/x', 'ci/a/x'],
    ['b/y', 'ci/b/y'],
  ])
  const [alert] = await eventually(
    () => alertsAbout(base),
    (found) => found.length > 0,
  )
  expect(alert?.text).toContain('A good copy is at production/released/a/x: tallyman repair ci/a/x:v1 --from')

  const promoted = await run('promote', 'ci/b/y:v1', '--to', 'production')
  expect(promoted.status).not.toBe(0)
  expect(promoted.err).toContain(`the image is broken: the layer ${base}`)

  const shown = await run('broken', '--registry', 'ci')
  expect(shown.out).toContain(`the layer ${base}`)
  const dry = await run('repair', 'ci/a/x:v1', '--dry-run', '--output', 'json')
  expect(JSON.parse(dry.out)).toMatchObject({
    isWhole: false,
    contents: [{ digest: base, from: 'production/released/a/x', outcome: 'planned' }],
  })
  expect(await missingAt(clients.ci, 'a/x', x)).toEqual([base])

  const repaired = await run('repair', 'ci/a/x:v1')
  expect(repaired.status, repaired.err).toBe(0)
  expect(await missingAt(clients.ci, 'a/x', x)).toEqual([])
  expect(await missingAt(clients.ci, 'b/y', y)).toEqual([])
  expect(await brokenImages()).toEqual([])
  const { entries } = await service.get<{ entries: { action: string; image?: string }[] }>('/v1/audit')
  expect(entries.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['repair.asked', 'repair.ended']),
  )
  const [registry] = (await service.get<{ registries: { confidence: string }[] }>('/v1/registries'))
    .registries
  expect(registry?.confidence).toMatch(/^exact since/)
})

test('a manifest, a child and its content come back from a named copy', async () => {
  const [arm, amd] = [imageOf('one', 'arm'), imageOf('two', 'amd')]
  const multi = makeIndex([
    { image: arm, architecture: 'arm64' },
    { image: amd, architecture: 'amd64' },
  ])
  await pushImage(clients.ci, 'c/multi', 'v1', multi)
  await pushImage(clients.production, 'elsewhere', 'v1', multi)
  await rm(fileOf(arm.root.digest))
  await rm(join(ci.storage, revisionKey('c/multi', arm.root.digest)))
  await rm(fileOf(bodyOf(arm).config.digest))
  await rm(fileOf(bodyOf(amd).layers[0].digest))
  await rm(fileOf(multi.root.digest))
  await service.reconcile('ci')
  expect(await brokenImages()).toContainEqual(
    expect.objectContaining({ digest: multi.root.digest, tags: ['v1'] }),
  )
  const elsewhere = await run('repair', 'ci/c/multi:v1', '--from', 'production/nothing')
  expect(elsewhere.status).not.toBe(0)
  expect(elsewhere.err).toContain('it is not there: name one with --from')

  const repaired = await run('repair', 'ci/c/multi:v1', '--from', 'production/elsewhere')
  expect(repaired.status, repaired.err).toBe(0)
  expect(await missingAt(clients.ci, 'c/multi', multi)).toEqual([])
  expect((await clients.ci.headManifest('c/multi', 'v1'))?.digest).toBe(multi.root.digest)
  expect(await brokenImages()).toEqual([])
})

test('a registry that keeps the wrong content that it has is told so', async () => {
  const x = imageOf('cut', 'x')
  await pushImage(clients.ci, 'd/x', 'v1', x)
  await pushImage(clients.production, 'd/x', 'v1', x)
  const { digest } = bodyOf(x).layers[0]
  await truncate(fileOf(digest), 100)
  const repaired = await run('repair', 'ci/d/x:v1')
  expect(repaired.status).not.toBe(0)
  expect(repaired.err).toContain('delete that from its storage')
  await rm(fileOf(digest))
  expect((await run('repair', 'ci/d/x:v1')).status).toBe(0)
  expect(await missingAt(clients.ci, 'd/x', x)).toEqual([])
})

test('repair needs promote over the image and over the copy', async () => {
  const created = await service.app.inject({
    method: 'POST',
    url: '/v1/tokens',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    payload: { name: 'team-e', projects: ['ci/e/**'], verbs: ['promote'] },
  })
  const { secret: token } = created.json()
  const ask = (bearer: string, payload: object) =>
    service.app.inject({
      ...{ method: 'POST', url: '/v1/broken-images/repair', payload },
      headers: { authorization: `Bearer ${bearer}` },
    })
  const image = `ci/e/x@sha256:${'e'.repeat(64)}`
  expect((await ask(READ_TOKEN, { image })).statusCode).toBe(403)
  expect((await ask(token, { image: image.replace('/e/', '/d/') })).statusCode).toBe(404)
  expect((await ask(token, { image })).json().detail).toContain('name the copy with "from"')
  expect((await ask(token, { image, from: 'production/secret/x' })).statusCode).toBe(404)
  expect((await ask(token, { image, from: 'ci/e/other', dryRun: true })).statusCode).toBe(202)
})
