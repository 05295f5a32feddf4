import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { image, multiPlatform, useExpiry } from './expire-bed.ts'

/** A real registry whose storage is damaged: what it cannot read keeps what it may name, and no more. */
const bed = useExpiry()

const storage = (path: string) => join(bed.registry.folder, 'storage/docker/registry/v2', path)
/** The registry answers 500 for the tag. */
const damageTag = (tag: string) =>
  truncate(storage(`repositories/${bed.repository}/_manifests/tags/${tag}/current/link`))
/** The registry answers 500 for the manifest, and for its tags. */
const damageManifest = (digest: string) => {
  const hex = digest.slice('sha256:'.length)
  return truncate(storage(`blobs/sha256/${hex.slice(0, 2)}/${hex}/data`))
}
const outcomeOf = (
  record: { deletes: { digest: string; outcome: string; why?: string }[] },
  digest: string,
) => {
  const { outcome, why } = record.deletes.find((one) => one.digest === digest) ?? {}
  return { outcome, why }
}
const isThere = async (digest: string) =>
  (await bed.client.headManifest(bed.repository, digest).catch(() => undefined)) !== undefined

test('an unreadable tag keeps the image that it is on by the index, with all that it lists, and no other', async () => {
  const { run, push } = bed.setUp()
  const [damaged, old] = [multiPlatform('damaged'), image('old')]
  await push('pr-damaged', damaged, bed.repository)
  await push('pr-1', old, bed.repository)
  await damageTag('pr-damaged')
  const record = await run('branches', false)
  expect(outcomeOf(record, damaged.root.digest)).toEqual({
    outcome: 'moved',
    why: 'the registry cannot read its tag pr-damaged: 500 (Internal Server Error)',
  })
  for (const digest of damaged.manifests.keys()) expect(await isThere(digest)).toBe(true)
  // Registry 2.8 deletes the manifest, cannot read the tags then, and answers 500.
  expect(outcomeOf(record, old.root.digest)).toEqual({
    outcome: 'deleted',
    why: expect.stringContaining('the registry does not have it any more, and answered 500'),
  })
  expect(await isThere(old.root.digest)).toBe(false)
})

test('an unreadable tag that the index lacks may name any image, and keeps all', async () => {
  const { run, push } = bed.setUp()
  const [one, two] = [image('one'), image('two')]
  await push('pr-1', one, bed.repository)
  await push('pr-2', two, bed.repository)
  await pushImage(bed.client, bed.repository, 'release', one)
  await damageTag('release')
  const record = await run('branches', false)
  for (const { root } of [one, two]) {
    expect(outcomeOf(record, root.digest)).toEqual({
      outcome: 'moved',
      why: 'the registry cannot read its tag release, which may name any image: 500 (Internal Server Error)',
    })
    expect(await isThere(root.digest)).toBe(true)
  }
})

test('a damaged manifest is kept, and the other images of its repository go', async () => {
  const { run, push } = bed.setUp()
  const [damaged, old] = [image('damaged manifest'), image('old manifest')]
  await push('pr-damaged', damaged, bed.repository)
  await push('pr-1', old, bed.repository)
  await damageManifest(damaged.root.digest)
  const record = await run('branches', false)
  expect(outcomeOf(record, damaged.root.digest).outcome).toBe('moved')
  expect(outcomeOf(record, old.root.digest)).toEqual({ outcome: 'deleted', why: undefined })
  expect(bed.deletes).toEqual([old.root.digest])
})

test('a damaged index on an untold tag may list any image, and keeps all', async () => {
  const { run, push } = bed.setUp()
  const [old, released] = [image('listed?'), multiPlatform('released')]
  await push('pr-1', old, bed.repository)
  await pushImage(bed.client, bed.repository, 'release', released)
  bed.registry.onRequest(({ method, path }) =>
    method === 'GET' && path.endsWith(`/manifests/${released.root.digest}`) ? 500 : undefined,
  )
  const record = await run('branches', false)
  expect(outcomeOf(record, old.root.digest)).toMatchObject({
    outcome: 'moved',
    why: expect.stringContaining('cannot read its tag release, which may name any image'),
  })
  expect(await isThere(old.root.digest)).toBe(true)
})

test('a tag that the registry cannot read for a moment is looked up again', async () => {
  const { run, push } = bed.setUp()
  const [old, released] = [image('moved'), image('stays')]
  await push('pr-1', old, bed.repository)
  await push('v1', released, bed.repository)
  // Since then, v1 was moved to the old image, and no notification told.
  await pushImage(bed.client, bed.repository, 'v1', old)
  let asked = 0
  bed.registry.onRequest(({ path }) => (path.endsWith('/manifests/v1') && ++asked === 1 ? 500 : undefined))
  const record = await run('branches', false)
  expect(outcomeOf(record, old.root.digest)).toEqual({
    outcome: 'moved',
    why: 'the registry has the tag v1 on it, which no notification told',
  })
})

test('a registry that is not well keeps its images for the next run', async () => {
  const { run, push } = bed.setUp()
  const old = image('not well')
  await push('pr-1', old, bed.repository)
  await push('v1', image('v1'), bed.repository)
  bed.registry.onRequest(({ path }) => (path.endsWith('/manifests/v1') ? 503 : undefined))
  expect(outcomeOf(await run('branches', false), old.root.digest).outcome).toBe('failed')
  bed.registry.reset()
  expect(outcomeOf(await run('branches', false), old.root.digest).outcome).toBe('deleted')
})
