import { expect, test } from 'vitest'
import { type LabImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { image, multiPlatform, taggedAs, useExpiry } from './expire-bed.ts'

/** What happens at the registry right before a delete, and what a run looks at after that. */
const bed = useExpiry()
const results = (record: { deletes: { outcome: string; why?: string }[] }) =>
  record.deletes.map(({ outcome, why }) => [outcome, why])
const isThere = async (reference: string) =>
  (await bed.client.headManifest(bed.repository, reference)) !== undefined

/** A store that runs `act` before the trash gets its n-th entry. */
const beforeTrash =
  (n: number, act: () => Promise<unknown>) =>
  (real: ObjectStore): ObjectStore => {
    let puts = 0
    return {
      ...real,
      async put(key, body) {
        if (key.startsWith('trash/') && ++puts === n) await act()
        await real.put(key, body)
      },
    }
  }

function putAs(reference: string, { root, manifests }: LabImage) {
  const { bytes, mediaType } = manifests.get(root.digest) ?? { bytes: Buffer.alloc(0), mediaType: '' }
  return bed.client.putManifest(bed.repository, reference, bytes, mediaType)
}

/** Pushes two images that the policy deletes. Returns the one that it deletes second. */
async function secondOfTwo(push: ReturnType<typeof bed.setUp>['push']): Promise<LabImage> {
  const [a, b] = [image('a'), image('b')]
  await push('pr-a', a, bed.repository)
  await push('pr-b', b, bed.repository)
  return a.root.digest < b.root.digest ? b : a
}

test('nothing is deleted once the policy has the mode `plan`, also if the trash was being written', async () => {
  let mode: 'apply' | 'plan' = 'apply'
  const act = async () => {
    mode = 'plan'
  }
  const { run, push, store } = bed.setUp({ mode: () => mode, store: beforeTrash(1, act) })
  await push('pr-1', multiPlatform('old'), bed.repository)
  expect(await run('branches', false)).toMatchObject({ state: 'stopped', deletes: [] })
  expect(bed.deletes).toEqual([])
  expect(await Array.fromAsync(store.list('trash/'))).toEqual([])
  expect(await Array.fromAsync(store.list('expiry-families/'))).toEqual([])
})

test('an image stays that gets a tag while the trash is written, and the trash does not have it', async () => {
  const old = image('old')
  const setup: ReturnType<typeof bed.setUp> = bed.setUp({
    store: beforeTrash(1, async () => {
      await putAs('v1.0', old)
      await setup.index.apply(bed.project, [taggedAs('v1.0', old, bed.repository)])
    }),
  })
  await setup.push('pr-1', old, bed.repository)
  expect((await setup.run('branches', false)).deletes).toMatchObject([{ outcome: 'moved' }])
  expect(await isThere('v1.0')).toBe(true)
  expect(await Array.fromAsync(setup.store.list('trash/'))).toEqual([])
})

test('a child stays if its index is pushed again while the trash is written', async () => {
  const old = multiPlatform('old')
  const { run, push } = bed.setUp({ store: beforeTrash(2, () => putAs('pr-2', old)) })
  await push('pr-1', old, bed.repository)
  const { deletes } = await run('branches', false)
  expect(deletes.map(({ outcome }) => outcome)).toEqual(['deleted', 'moved', 'moved'])
  for (const digest of old.manifests.keys()) expect(await isThere(digest)).toBe(true)
})

test.each(['an image', 'an index that lists it'])(
  'an image stays if a tag that no notification tells is pushed while a run deletes: on %s',
  async (what) => {
    const { run, push, store } = bed.setUp()
    const second = await secondOfTwo(push)
    let isDone = false
    bed.registry.onRequest(async ({ method }) => {
      if (method !== 'DELETE' || isDone) return undefined
      isDone = true
      const pushed = what === 'an image' ? second : makeIndex([{ image: second, architecture: 'amd64' }])
      await pushImage(bed.client, bed.repository, 'v1.0', pushed)
      // A list of tags is used for a second at most.
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      return undefined
    })
    expect((await run('branches', false)).deletes).toMatchObject([
      { outcome: 'deleted' },
      { outcome: 'moved', why: expect.stringContaining('which no notification told') },
    ])
    expect(await isThere(second.root.digest)).toBe(true)
    expect(await Array.fromAsync(store.list('trash/'))).toHaveLength(1)
  },
)

test('an image stays if an index on a tag that no notification told lists it with an unknown media type', async () => {
  const { run, push } = bed.setUp()
  const one = image('one')
  await push('pr-1', one, bed.repository)
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const { digest, size } = one.root
  const manifests = [{ mediaType: 'application/vnd.example.manifest+json', digest, size }]
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }))
  await bed.client.putManifest(bed.repository, 'v1.0', index, mediaType)
  expect(results(await run('branches', false))).toEqual([
    ['moved', 'it belongs to the tag v1.0 of the registry, which no notification told'],
  ])
})

test('an index that the registry does not have for a moment is not absent, and its children stay', async () => {
  const { run, push } = bed.setUp()
  const old = multiPlatform('old')
  await push('pr-1', old, bed.repository)
  bed.registry.onRequest(({ path }) => (path.endsWith(old.root.digest) ? 404 : undefined))
  const record = await run('branches', false)
  bed.registry.reset()
  expect(results(record)[0]).toEqual([
    'failed',
    'the registry does not have it by its digest, and has it by its tag pr-1',
  ])
  for (const digest of old.manifests.keys()) expect(await isThere(digest)).toBe(true)
})

test('an image that the registry keeps though it accepted the delete is not deleted, and its children stay', async () => {
  const { run, push, expired } = bed.setUp()
  const old = multiPlatform('old')
  await push('pr-1', old, bed.repository)
  bed.registry.onRequest(({ method, path }) =>
    method === 'DELETE' && path.endsWith(old.root.digest) ? 202 : undefined,
  )
  const record = await run('branches', false)
  expect(results(record)[0]).toEqual(['failed', 'the registry accepted the delete and still has it'])
  expect(record.progress.freedBytes).toBe(0)
  expect(await expired()).toEqual([])
  for (const digest of old.manifests.keys()) expect(await isThere(digest)).toBe(true)
})
