import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually } from '../../lab/tallyman.ts'
import { makeRemoveTag } from '../../src/expiry/remove-tag.ts'
import { makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import { makeTrash } from '../../src/expiry/trash.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { image, multiPlatform } from '../expiry/expire-bed.ts'
import { type ServiceBed, startServiceBed } from './service-bed.ts'

/** A registry that tells Tallyman of all that happens while a tag is deleted by a placeholder. */
let bed: ServiceBed
let production: LabRegistry
let target: RegistryClient
const REPOSITORY = 'team/app'
const PROJECT = `ci/${REPOSITORY}`

beforeAll(async () => {
  production = await startRegistry()
  bed = await startServiceBed({
    registries: { production: { url: production.url } },
    promotion: {
      rules: [
        {
          name: 'all',
          from: { registry: 'ci', repository: '**', tag: '**' },
          to: { registry: 'production', repository: '{repository}' },
          settle: '100ms',
        },
      ],
    },
  })
  target = makeRegistryClient({ name: 'production', url: production.url })
})
afterAll(async () => {
  await target?.close()
  await bed?.close()
  await production?.close()
})

async function settled(): Promise<void> {
  await bed.ci.untilDelivered()
  for (const queue of ['events', 'resolve', 'promotion'] as const) await bed.service.untilDone(queue)
}
/** Tags by digest, as the index has them. */
async function indexed(): Promise<Record<string, string[]>> {
  const { images }: { images: { digest: string; tags: { name: string }[] }[] } = await bed.json(
    'images',
    PROJECT,
  )
  return Object.fromEntries(images.map(({ digest, tags }) => [digest, tags.map(({ name }) => name).sort()]))
}

test('the index ends right, no promotion copies the placeholder, and the tag can be restored', async () => {
  const shared = multiPlatform('shared')
  const { digest, mediaType } = shared.root
  const bytes = shared.manifests.get(digest)?.bytes ?? Buffer.alloc(0)
  await pushImage(bed.client, REPOSITORY, 'pr-1', shared)
  await bed.client.putManifest(REPOSITORY, 'v1', bytes, mediaType)
  await pushImage(bed.client, REPOSITORY, 'v2', image('other'))
  await settled()
  const before = await indexed()
  expect(before[digest]).toEqual(['pr-1', 'v1'])

  const store = makeFolderStore({ path: join(bed.service.folder, 'store') })
  const now = () => Date.now() * 1000
  // The notification of the placeholder is worked off while the placeholder is there.
  const slow: RegistryClient = {
    ...bed.client,
    async putManifest(...args) {
      const placeholder = await bed.client.putManifest(...args)
      await settled()
      expect((await indexed())[placeholder]).toEqual(['pr-1'])
      return placeholder
    },
  }
  const removeTag = makeRemoveTag({
    ...{ client: slow, policy: { name: 'old', registry: 'ci', repository: '**', rules: [] }, run: 'run' },
    ...{ trash: makeTrash({ store, now }), mayDelete: async () => true },
    ...{ untoldTags: async () => new Map(), whyTagStays: async () => undefined, sleep: async () => {} },
    placeholders: makePlaceholders({ client: slow, registry: 'ci', store, now }),
  })
  const decision = { project: PROJECT, repository: REPOSITORY, digest, tags: ['pr-1', 'v1'] }
  const why = { verdict: 'delete' as const, rule: 'pr-*', reason: 'it is 30 days old' }
  expect(await removeTag({ ...decision, ...why }, 'pr-1')).toEqual({ outcome: 'untagged' })
  await settled()
  expect(await indexed()).toEqual({ ...before, [digest]: ['v1'] })
  expect((await target.headManifest(REPOSITORY, 'pr-1'))?.digest).toBe(digest)

  const name = `${PROJECT}:pr-1@${digest}`
  expect((await bed.run('trash', 'list')).out).toMatch(new RegExp(`only pr-1 +it is 30 days old +${name}\n`))
  expect((await bed.json('trash', 'list')).images).toMatchObject([{ id: name, tag: 'pr-1', tags: ['pr-1'] }])
  for (const asked of [name, `${PROJECT}:pr-1`])
    expect((await bed.run('trash', 'show', asked)).out).toContain(
      `${name}, deleted alone: the image stayed\n`,
    )
  expect((await bed.run('trash', 'show', `${PROJECT}@${digest}`)).err).toContain('404')
  const restored = await bed.run('trash', 'restore', name)
  expect(restored.out).toMatch(new RegExp(`present +${digest} +pr-1\n`))
  await settled()
  await eventually(indexed, (after) => after[digest]?.join() === 'pr-1,v1')
  expect(await indexed()).toEqual(before)
})
