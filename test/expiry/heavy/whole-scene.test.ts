import { afterAll, beforeAll, expect, test } from 'vitest'
import { byHand, type Expiring, startExpiring } from '../../../lab/expiring.ts'
import {
  contentAfter,
  contentOf,
  SCENE_RULES,
  type ScenePush,
  scenePushes,
} from '../../../lab/expiry-scene.ts'
import { OCI_INDEX } from '../../../lab/image.ts'
import { missingAt } from '../../../lab/missing-at.ts'
import { type LabRegistry, startRegistry } from '../../../lab/registry.ts'
import { skopeoCopyAll } from '../../../lab/skopeo.ts'
import { makeRegistryClient, type RegistryClient } from '../../../src/registry/client.ts'

/** One repository with all that a registry can have; a run with rules; and copies of what stays, and of what was restored. */
const REPOSITORY = 'team/app'
const pushes = scenePushes()
let scene: Expiring
let copies: LabRegistry
let copiesClient: RegistryClient
beforeAll(async () => {
  copies = await startRegistry()
  copiesClient = makeRegistryClient({ name: 'copies', url: copies.url })
  scene = await startExpiring({
    registries: { ci: {} },
    expiry: { policies: [{ name: 'clean', match: { registry: 'ci' }, ...byHand, rules: SCENE_RULES }] },
  })
  for (const { tag, image } of pushes) await scene.registry('ci').push(REPOSITORY, tag, image)
  await scene.settle()
  await scene.tallyman.reconcile('ci')
})
afterAll(async () => {
  await copiesClient?.close()
  await scene?.close()
  await copies?.close()
})

/** Copies each image with skopeo and compares all its bytes. */
async function copyAll(some: readonly ScenePush[], to: string): Promise<void> {
  const from = scene.registry('ci')
  for (const { image } of some) {
    const { digest } = image.root
    // skopeo takes the layers that an index lists for manifests.
    if (isIndexOfLayers(image)) expect(await missingAt(from.client, REPOSITORY, image)).toEqual([])
    else {
      await skopeoCopyAll(`${from.host}/${REPOSITORY}@${digest}`, `${copies.host}/${to}@${digest}`)
      expect(await missingAt(copiesClient, to, image)).toEqual([])
    }
  }
}
const isIndexOfLayers = ({ root, manifests }: ScenePush['image']) =>
  root.mediaType === OCI_INDEX && manifests.size === 1

test('a run deletes what expires, and all that stays still copies whole', async () => {
  const ci = scene.registry('ci')
  const stay = pushes.filter(({ fate }) => fate === 'stays')
  const run = await scene.run('clean', 'ci')
  expect(run.deletes.filter(({ outcome }) => !['deleted', 'untagged'].includes(outcome))).toEqual([])
  expect(await contentOf(ci, REPOSITORY, pushes)).toEqual(contentAfter(stay))
  await copyAll(stay, 'copies/kept')
})

test('what was restored is as it was, and copies whole', async () => {
  const ci = scene.registry('ci')
  const { images } = await scene.tallyman.get<{ images: { id: string }[] }>(
    '/v1/trash?registry=ci&limit=1000',
  )
  for (const { id } of images) {
    const { status, body } = await scene.post(`/v1/trash/${encodeURIComponent(id)}/restore`)
    expect(status, `${id}: ${JSON.stringify(body)}`).toBe(200)
  }
  expect(await contentOf(ci, REPOSITORY, pushes)).toEqual(contentAfter(pushes))
  await copyAll(pushes, 'copies/all')
})
