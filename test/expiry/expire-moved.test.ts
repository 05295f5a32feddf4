import { expect, test } from 'vitest'
import type { RegistryRequest } from '../../lab/faulty-registry.ts'
import { type LabImage, makeSignature, signatureTag } from '../../lab/image.ts'
import { DAY } from '../../lab/images.ts'
import { pushImage } from '../../lab/push-image.ts'
import { expiring } from '../../lab/rules.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { image, multiPlatform, PUSHED_AT, pullOf, taggedAs, useExpiry } from './expire-bed.ts'

/** Changes between the plan and a delete: they keep the image. */
const bed = useExpiry()

/** Runs `act` before the registry gets the first DELETE. The plan is made by then. */
function beforeFirstDelete(act: () => Promise<unknown>): void {
  let isDone = false
  bed.registry.onRequest(async ({ method }: RegistryRequest) => {
    if (method === 'DELETE' && !isDone) {
      isDone = true
      await act()
    }
    return undefined
  })
}

/** Pushes two images that the policy deletes. Returns the one that it deletes second. */
async function twoOldImages({ push }: ReturnType<typeof bed.setUp>): Promise<LabImage> {
  const [a, b] = [image('a'), image('b')]
  await push('pr-a', a, bed.repository)
  await push('pr-b', b, bed.repository)
  return a.root.digest < b.root.digest ? b : a
}

test.each<[string, (second: LabImage) => Fact]>([
  ['it was pulled', (second) => pullOf(second, bed.repository)],
  ['it got a tag that no rule names', (second) => taggedAs('main', second, bed.repository)],
  [
    'an index that is kept lists it',
    ({ root }) => ({
      ...{ kind: 'push', repository: bed.repository, at: PUSHED_AT, tag: 'main' },
      ...{ digest: `sha256:${'1'.repeat(64)}`, size: 500, extent: 'all' },
      mediaType: 'application/vnd.oci.image.index.v1+json',
      references: [{ kind: 'child', digest: root.digest, size: root.size }],
    }),
  ],
  [
    'an image with unknown references was pushed to its repository',
    () => ({
      ...{ kind: 'push', repository: bed.repository, at: PUSHED_AT, tag: 'main', size: 500 },
      ...{ digest: `sha256:${'2'.repeat(64)}`, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    }),
  ],
  [
    'it was deleted',
    ({ root }) => ({ kind: 'delete', repository: bed.repository, at: PUSHED_AT + 1, digest: root.digest }),
  ],
])('an image is kept if, since the plan, %s', async (_, fact) => {
  const setup = bed.setUp({ rules: expiring({ tag: 'pr-*', notUsedFor: 14 * (DAY / 1000) }) })
  const { repository, project, client } = bed
  const second = await twoOldImages(setup)
  beforeFirstDelete(() => setup.index.apply(project, [fact(second)]))
  const record = await setup.run('branches', false)
  expect(record.deletes.map(({ outcome }) => outcome)).toEqual(['deleted', 'moved'])
  expect(bed.deletes).toHaveLength(1)
  expect(await client.headManifest(repository, second.root.digest)).toBeDefined()
  expect(await setup.store.get(`trash/ci/${repository}/${second.root.digest}.json`)).toBeUndefined()
  expect(await setup.expired()).toMatchObject([{ value: 1 }])
})

test('an image is kept if it is one of the newest by now', async () => {
  const { run, push, index } = bed.setUp({ rules: expiring({ tag: 'pr-*', keepNewest: 2 }) })
  const { repository, project } = bed
  // A plan deletes in the order of digests.
  const images = ['a', 'b', 'c', 'd'].map(image).sort((x, y) => (x.root.digest < y.root.digest ? -1 : 1))
  const ages = [3, 4, 1, 2]
  for (const [i, one] of images.entries()) {
    const tag = `pr-${ages[i]}`
    await push(tag, one, repository)
    await index.apply(project, [{ ...taggedAs(tag, one, repository), at: PUSHED_AT + 10 - (ages[i] ?? 0) }])
  }
  const newest = images.slice(2).map(({ root }) => root.digest)
  beforeFirstDelete(() =>
    index.apply(
      project,
      newest.map((digest) => ({ kind: 'delete', repository, at: PUSHED_AT + 20, digest })),
    ),
  )
  const record = await run('branches', false)
  expect(record.deletes.map(({ tags, outcome }) => [...tags, outcome])).toEqual([
    ['pr-3', 'deleted'],
    ['pr-4', 'moved'],
  ])
})

test('an image is kept if its tag names another image at the registry, even without a notification', async () => {
  const { run, push, expired } = bed.setUp()
  const { repository, client, registry } = bed
  const [old, young] = [image('old'), image('young')]
  await push('pr-1', old, repository)
  await pushImage(client, repository, 'pr-1', young)
  registry.reset()
  const record = await run('branches', false)
  expect(record.deletes).toMatchObject([{ digest: old.root.digest, outcome: 'moved' }])
  expect(bed.deletes).toEqual([])
  expect(await expired()).toEqual([])
  expect(await client.headManifest(repository, old.root.digest)).toBeDefined()
})

test('an image with two tags is kept if the second one names another image at the registry', async () => {
  const { run, push, index } = bed.setUp()
  const { repository, project, client, registry } = bed
  const [old, young] = [image('old'), image('young')]
  await push('pr-1', old, repository)
  await pushImage(client, repository, 'pr-2', old)
  await index.apply(project, [taggedAs('pr-2', old, repository)])
  await pushImage(client, repository, 'pr-2', young)
  registry.reset()
  expect((await run('branches', false)).deletes).toMatchObject([{ tags: ['pr-1', 'pr-2'], outcome: 'moved' }])
  expect(bed.deletes).toEqual([])
})

test('an image is deleted even if the registry no longer has one of its tags', async () => {
  const { run, push, index } = bed.setUp()
  const { repository, project, client } = bed
  const old = image('old')
  await push('pr-1', old, repository)
  await index.apply(project, [taggedAs('pr-2', old, repository)])
  const record = await run('branches', false)
  expect(record.deletes).toMatchObject([{ tags: ['pr-1', 'pr-2'], outcome: 'deleted' }])
  expect(await client.headManifest(repository, old.root.digest)).toBeUndefined()
})

test('the children and the signature of an index are kept if the index is kept', async () => {
  const { run, push } = bed.setUp()
  const { repository, client, registry } = bed
  const old = multiPlatform('old')
  const signature = makeSignature(old.root.digest)
  await push('pr-1', old, repository)
  await push(signatureTag(old.root.digest), signature, repository)
  await pushImage(client, repository, 'pr-1', image('young'))
  registry.reset()
  const record = await run('branches', false)
  expect(record.deletes.map(({ outcome }) => outcome)).toContain('moved')
  for (const digest of [...old.manifests.keys(), signature.root.digest])
    expect(await client.headManifest(repository, digest), digest).toBeDefined()
})

test.each(['a new one', 'one that the index has elsewhere'])(
  'an image is kept if the registry has a tag on it that no notification told: %s',
  async (what) => {
    const { run, push } = bed.setUp()
    const { repository, client } = bed
    const old = image('old')
    await push('pr-1', old, repository)
    if (what !== 'a new one') await push('v1.0', image('released'), repository)
    const { bytes, mediaType } = old.manifests.get(old.root.digest) ?? {
      bytes: Buffer.alloc(0),
      mediaType: '',
    }
    await client.putManifest(repository, 'v1.0', bytes, mediaType)
    const record = await run('branches', false)
    expect(record.deletes).toMatchObject([
      { outcome: 'moved', why: 'the registry has the tag v1.0 on it, which no notification told' },
    ])
    expect(bed.deletes).toEqual([])
  },
)
