import { expect, test } from 'vitest'
import { DAY } from '../../lab/images.ts'
import { makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import { runIdentity } from '../../src/expiry/run-id.ts'
import { doneText } from '../../src/expiry/run-text.ts'
import { summaryOf } from '../../src/expiry/runs.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { image, NOW, PUSHED_AT, taggedAs, useExpiry } from './expire-bed.ts'

/** Runs that delete some tags of an image, which stays for others. */
const bed = useExpiry()

const shared = () => image(`${bed.repository} shared`)
/** An old image with the tags `pr-1`, `pr-2` and `main`, and another with `pr-3`. */
async function pushShared({ push, index }: Pick<ReturnType<typeof bed.setUp>, 'push' | 'index'>) {
  const { repository, project, client } = bed
  const { root, manifests } = shared()
  await push('pr-1', shared(), repository)
  for (const tag of ['pr-2', 'main']) {
    await client.putManifest(
      repository,
      tag,
      manifests.get(root.digest)?.bytes ?? Buffer.alloc(0),
      root.mediaType,
    )
    await index.apply(project, [taggedAs(tag, shared(), repository)])
  }
  await push('pr-3', image(`${repository} other`), repository)
  return root.digest
}

const tags = async () => (await Array.fromAsync(bed.client.tags(bed.repository))).sort()
const results = ({ deletes }: { deletes: { digest: string; untag?: string[]; outcome: string }[] }) =>
  deletes.map(({ digest, untag, outcome }) => [untag?.join() ?? digest, outcome]).sort()

test('only the tags go that a rule expires, each with a result and an entry in the trash', async () => {
  const expiry = bed.setUp()
  const digest = await pushShared(expiry)
  const record = await expiry.run('branches', false)
  expect(results(record)).toEqual([
    ['pr-1', 'untagged'],
    ['pr-2', 'untagged'],
    [image(`${bed.repository} other`).root.digest, 'deleted'],
  ])
  expect(await tags()).toEqual(['main'])
  expect((await bed.client.headManifest(bed.repository, 'main'))?.digest).toBe(digest)
  expect(bed.deletes).not.toContain(digest)
  for (const tag of ['pr-1', 'pr-2'])
    expect(await expiry.store.head(`trash/ci/${bed.repository}/${digest}/${tag}.json`)).toBeDefined()
  expect(await expiry.journal.recent(5)).toEqual([record])
})

test('a dry run deletes no tag', async () => {
  const expiry = bed.setUp()
  await pushShared(expiry)
  const before = await tags()
  const record = await expiry.run('branches', true)
  expect(results(record).map(([, outcome]) => outcome)).toEqual(Array(3).fill('planned'))
  expect(await tags()).toEqual(before)
  expect(bed.deletes).toEqual([])
  expect(doneText(summaryOf(record))).toMatch(
    /^would delete 1 image and 2 single tags \(\d.*\), keep 1 image$/,
  )
})

test('single tags count in the progress, apart from images in what the run says, and in the audit', async () => {
  const expiry = bed.setUp()
  await pushShared(expiry)
  const record = await expiry.run('branches', false)
  expect(record.progress).toMatchObject({ planned: 3, done: 3 })
  expect(doneText(summaryOf(record))).toMatch(/^deleted 1 image and 2 single tags \(\d.*\); kept 1 image$/)
  expect(expiry.audited.at(-1)).toMatchObject({
    ...{ action: 'run.ended', counts: { planned: 3, deleted: 1, untagged: 2, kept: 1 } },
  })
})

/** Puts a placeholder under `pr-1`, as a run that is killed right after. Gives what the registry has there. */
async function leavePlaceholder(store: ObjectStore, digest: string) {
  const { repository, client } = bed
  await new Promise<void>((resolve) => {
    const killed: RegistryClient = {
      ...client,
      async putManifest(...args) {
        await client.putManifest(...args)
        resolve()
        return new Promise<never>(() => {})
      },
    }
    const now = () => Date.now() * 1000
    const manifest = shared().manifests.get(digest)?.bytes.toString('base64') ?? ''
    const replaced = {
      project: bed.project,
      repository,
      tag: 'pr-1',
      digest,
      mediaType: shared().root.mediaType,
      manifest,
    }
    void makePlaceholders({ client: killed, registry: 'ci', store, now }).deleteTag(
      replaced,
      async () => undefined,
    )
  })
  const placeholder = await client.headManifest(repository, 'pr-1')
  if (placeholder === undefined || placeholder.digest === digest) throw new Error('there is no placeholder')
  return placeholder
}

test.each([true, false])('a run ends what a killed run has left on a placeholder; dry: %s', async (isDry) => {
  const expiry = bed.setUp()
  const digest = await pushShared(expiry)
  await leavePlaceholder(expiry.store, digest)
  await expiry.run('branches', isDry)
  if (isDry) expect((await bed.client.headManifest(bed.repository, 'pr-1'))?.digest).toBe(digest)
  else expect(await tags()).toEqual(['main'])
})

test('a placeholder of which notifications told takes no place among the newest', async () => {
  const expiry = bed.setUp({
    rules: [
      { tag: { glob: 'pr-*' }, keep: { newest: 1, by: 'pushed', per: 'repository' } },
      { tag: { glob: 'pr-*' }, olderThan: DAY / 1000, expire: true },
    ],
  })
  const { repository, project, client } = bed
  const digest = await pushShared(expiry)
  const newest = image(`${repository} newest`)
  await expiry.push('pr-9', newest, repository)
  await expiry.index.apply(project, [{ ...taggedAs('pr-9', newest, repository), at: PUSHED_AT + DAY }])
  const placeholder = await leavePlaceholder(expiry.store, digest)
  const push = { kind: 'push' as const, repository, at: NOW - 1, ...placeholder, tag: 'pr-1' }
  await expiry.index.apply(project, [{ ...push, references: [], extent: 'all' }])
  await expiry.run('branches', false)
  expect((await client.headManifest(repository, 'pr-9'))?.digest).toBe(newest.root.digest)
  // How old pr-1 is, the index does not say any more. So it is back on its image.
  expect(await tags()).toEqual(['main', 'pr-1', 'pr-9'])
  expect((await client.headManifest(repository, 'pr-1'))?.digest).toBe(digest)
})

test('an attempt after one that was killed records the tags that are gone', async () => {
  const expiry = bed.setUp()
  const digest = await pushShared(expiry)
  const identity = runIdentity(Date.now(), 'r1')
  await expiry.run('branches', false, identity)
  // What it deleted was not recorded, and the index has heard of nothing.
  const again = bed.setUp({ runs: (real) => ({ ...real, earlier: async () => [] }) })
  const record = await again.run('branches', false, identity)
  expect(results(record).filter(([name]) => name !== digest)).toEqual(
    expect.arrayContaining([
      ['pr-1', 'untagged'],
      ['pr-2', 'untagged'],
    ]),
  )
})

test('a tag on a placeholder that is kept by now comes back on its image, and the audit says so', async () => {
  let isKept = false
  const expiry = bed.setUp({ findProtections: async () => () => (isKept ? 'it is kept' : undefined) })
  const { repository, client } = bed
  const digest = await pushShared(expiry)
  await leavePlaceholder(expiry.store, digest)
  isKept = true
  await expiry.run('branches', false)
  expect((await client.headManifest(repository, 'pr-1'))?.digest).toBe(digest)
  expect(expiry.audited.filter(({ action }) => action === 'tag.settled')).toMatchObject([
    { image: `ci/${repository}:pr-1`, outcome: 'kept', policy: 'branches' },
  ])
  expect(bed.deletes.filter((reference) => reference === digest)).toEqual([])
})

test('an image that the registry deleted with a tag, and did not take back, comes back with the next run', async () => {
  const expiry = bed.setUp()
  const { repository, client, registry } = bed
  const digest = await pushShared(expiry)
  let isGone = false
  registry.onRequest(async ({ method, path }) => {
    if (method === 'DELETE' && /\/pr-[12]$/.test(path) && !isGone) {
      isGone = true
      await client.deleteManifest(repository, digest)
      return 202
    }
    return isGone && method === 'PUT' ? 500 : undefined
  })
  await expiry.run('branches', false)
  expect(await client.headManifest(repository, 'main')).toBeUndefined()
  registry.reset()
  await expiry.run('branches', false)
  expect((await client.headManifest(repository, 'main'))?.digest).toBe(digest)
  const image = `ci/${repository}@${digest}`
  expect(expiry.audited.filter(({ action }) => action === 'tag.settled')).toMatchObject([
    { image, outcome: 'failed' },
    { image, outcome: 'restored', why: expect.stringContaining('main') },
  ])
})

test('a registry that has too many requests while a placeholder is there is waited for', async () => {
  const expiry = bed.setUp({ sleep: async () => {} })
  const digest = await pushShared(expiry)
  let isPut = false
  let refusals = 12
  bed.registry.onRequest(({ method, path }) => {
    if (method === 'PUT' && /\/pr-1$/.test(path) && !isPut) isPut = true
    else if (isPut && refusals > 0) {
      refusals -= 1
      return 429
    }
    return undefined
  })
  const record = await expiry.run('branches', false)
  expect(refusals).toBe(0)
  expect(results(record).map(([, outcome]) => outcome)).toEqual(['untagged', 'untagged', 'deleted'])
  expect(await tags()).toEqual(['main'])
  expect((await bed.client.headManifest(bed.repository, 'main'))?.digest).toBe(digest)
})
