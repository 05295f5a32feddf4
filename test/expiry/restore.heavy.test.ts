import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import {
  makeBuildKitCache,
  makeBuildKitImageCache,
  makeSignature,
  OCI_INDEX,
  OCI_MANIFEST,
  signatureTag,
} from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { skopeoPullAll } from '../../lab/skopeo.ts'
import { makeFamilies } from '../../src/expiry/families.ts'
import { makeRemoveTag } from '../../src/expiry/remove-tag.ts'
import { makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import { makeRestoreImage } from '../../src/expiry/restore-image.ts'
import { makeTrash, type TrashEntry } from '../../src/expiry/trash.ts'
import { makeTrashReader } from '../../src/expiry/trash-reader.ts'
import { makeLog } from '../../src/platform/log.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { parseManifest } from '../../src/registry/manifest.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { referencesOf } from '../../src/usage/references-of.ts'
import { collectGarbage } from '../reconcile/collect-garbage.ts'
import { image, multiPlatform, PUSHED_AT, useExpiry } from './expire-bed.ts'

const bed = useExpiry()

const unreadable = (key: string, error: Error) => {
  throw new Error(key, { cause: error })
}

function setUp() {
  const expiry = bed.setUp()
  const reader = makeTrashReader({ store: expiry.store, onUnreadable: unreadable })
  const restoreImage = makeRestoreImage({
    ...{ reader, clientOf: () => bed.client, log: makeLog('silent') },
    families: makeFamilies(expiry.store),
    trash: makeTrash({ store: expiry.store, now: () => Date.now() * 1000 }),
  })
  return {
    ...expiry,
    reader,
    restoreImage,
    restore: (digest: string) => restoreFrom(reader, restoreImage, digest),
  }
}

async function restoreFrom(
  reader: ReturnType<typeof makeTrashReader>,
  restoreImage: ReturnType<typeof makeRestoreImage>,
  digest: string,
) {
  const entry = await reader.get({ registry: 'ci', repository: bed.repository, digest })
  if (entry === undefined) throw new Error(`no entry for ${digest}`)
  return restoreImage(entry)
}

/** An old index with a signature on it, an attestation with a `subject` on one of its images, and a signature on that. */
async function pushFamily({ push, index }: Pick<ReturnType<typeof bed.setUp>, 'push' | 'index'>) {
  const { repository, project, client } = bed
  const root = multiPlatform(`${repository} whole`)
  await push('pr-1', root, repository)
  await client.putManifest(repository, 'pr-2', bytesIn(root), OCI_INDEX)
  await index.apply(project, [factOf(root.root.digest, bytesIn(root), OCI_INDEX, 'pr-2')])
  const signature = makeSignature(root.root.digest)
  await push(signatureTag(root.root.digest), signature, repository)
  const [child = ''] = root.manifests.keys()
  const { config, layers, mediaType } = JSON.parse(bytesIn(signature).toString())
  const subject = { digest: child, size: root.manifests.get(child)?.bytes.length, mediaType }
  const attestation = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers, subject }))
  const digest = await client.putManifest(repository, hashOf(attestation), attestation, mediaType)
  await index.apply(project, [factOf(digest, attestation, mediaType)])
  const second = makeSignature(digest)
  await push(signatureTag(digest), second, repository)
  bed.registry.reset()
  return {
    ...{ root, signature, second, child, attestation: digest },
    all: [...root.manifests.keys(), signature.root.digest, digest, second.root.digest],
  }
}

const bytesIn = ({
  root,
  manifests,
}: { root: { digest: string } } & Pick<ReturnType<typeof image>, 'manifests'>) =>
  manifests.get(root.digest)?.bytes ?? Buffer.alloc(0)

const factOf = (digest: string, bytes: Buffer, mediaType: string, tag?: string) => ({
  ...{
    kind: 'push' as const,
    repository: bed.repository,
    at: PUSHED_AT,
    digest,
    size: bytes.length,
    mediaType,
  },
  ...{ references: referencesOf(parseManifest(bytes, mediaType)), extent: 'all' as const },
  ...(tag !== undefined && { tag }),
})

const present = async (digests: readonly string[]) => {
  const found = await Promise.all(digests.map((one) => bed.client.headManifest(bed.repository, one)))
  return digests.filter((_, n) => found[n] !== undefined)
}

const puts = () =>
  bed.registry.requests.flatMap((line) =>
    line.startsWith('PUT') ? [line.slice(line.lastIndexOf('/') + 1)] : [],
  )

const at = (reference: string) => `${new URL(bed.registry.url).host}/${bed.repository}${reference}`

test('an index comes back with its images, tags, signatures and attestations, byte for byte', async () => {
  const expiry = setUp()
  const { root, signature, second, child, attestation, all } = await pushFamily(expiry)
  const record = await expiry.run('branches', false)
  expect(record.deletes.map(({ digest, outcome }) => [digest, outcome]).sort()).toEqual(
    all.map((digest) => [digest, 'deleted']).sort(),
  )
  expect(await present(all)).toEqual([])

  bed.registry.reset()
  const restored = await expiry.restore(root.root.digest)
  expect(restored.manifests.map(({ digest }) => digest).sort()).toEqual(all.toSorted())
  expect(new Set(restored.manifests.map(({ outcome }) => outcome))).toEqual(new Set(['restored']))
  expect(restored.lost).toEqual([])
  // Each manifest once by its digest, and each tag once.
  const tags = ['pr-1', 'pr-2', signatureTag(root.root.digest), signatureTag(attestation)]
  expect(puts().sort()).toEqual([...all, ...tags].sort())
  const order = puts()
  for (const [first, then] of [
    [child, root.root.digest],
    [root.root.digest, 'pr-1'],
    [root.root.digest, signature.root.digest],
    [child, attestation],
    [attestation, second.root.digest],
  ] as const)
    expect(order.indexOf(first)).toBeLessThan(order.indexOf(then))

  for (const tag of ['pr-1', 'pr-2'])
    expect((await skopeoPullAll(at(`:${tag}`))).sort()).toEqual([...root.manifests.keys()].sort())
  expect(await skopeoPullAll(at(`:${signatureTag(root.root.digest)}`))).toEqual([signature.root.digest])
  expect(await skopeoPullAll(at(`@${attestation}`))).toEqual([attestation])
})

test('a second restore puts nothing', async () => {
  const expiry = setUp()
  const { root, all } = await pushFamily(expiry)
  await expiry.run('branches', false)
  await expiry.restore(root.root.digest)
  bed.registry.reset()
  const again = await expiry.restore(root.root.digest)
  expect(puts()).toEqual([])
  expect(again.manifests.map(({ digest }) => digest).sort()).toEqual(all.toSorted())
  for (const { outcome } of [...again.manifests, ...again.tags]) expect(outcome).toBe('present')
})

test('a restore that broke off after any put goes on when it is repeated', async () => {
  const expiry = setUp()
  const { root, all } = await pushFamily(expiry)
  await expiry.run('branches', false)
  let failures = 0
  for (let allowed = 1; ; allowed++) {
    let count = 0
    bed.registry.reset()
    bed.registry.onRequest(({ method }) => {
      if (method === 'PUT') count += 1
      // In turn, the registry has carried out the request that fails, or not.
      return method === 'PUT' && count > 1 ? (allowed % 2 === 0 ? 'drop answer' : 500) : undefined
    })
    const result = await expiry.restore(root.root.digest).catch((error: Error) => error)
    if (!(result instanceof Error)) break
    expect(result.name).toBe('RegistryError')
    failures += 1
  }
  expect(failures).toBeGreaterThan(3)
  bed.registry.reset()
  expect(await present(all)).toEqual(all)
  for (const tag of ['pr-1', 'pr-2'])
    expect((await skopeoPullAll(at(`:${tag}`))).sort()).toEqual([...root.manifests.keys()].sort())
})

test('nothing is put if garbage collection has removed blobs, and the message names them', async () => {
  const expiry = setUp()
  const { repository } = bed
  const shared = image('stays')
  await expiry.push('main', shared, repository)
  const { root, all } = await pushFamily(expiry)
  await expiry.run('branches', false)
  await collectGarbage(bed.registry)
  bed.registry.reset()
  const [blob = ''] = root.blobs.keys()
  await expect(expiry.restore(root.root.digest)).rejects.toThrow(
    new RegExp(`^nothing was put back: .*${blob} \\(the registry does not have it any more\\)`),
  )
  expect(puts()).toEqual([])
  expect(await present(all)).toEqual([])
})

test('a signature that cannot come back is told, and does not hold up its image', async () => {
  const expiry = setUp()
  const { repository } = bed
  const old = image('with lost signature')
  const signature = makeSignature(old.root.digest)
  await expiry.push('pr-1', old, repository)
  await expiry.push(signatureTag(old.root.digest), signature, repository)
  await expiry.run('branches', false)
  // Another image keeps the blobs of the image, and not those of its signature.
  await bed.client.putManifest(repository, 'keeper', bytesIn(old), old.root.mediaType)
  await collectGarbage(bed.registry)
  await bed.client.deleteManifest(repository, old.root.digest)

  const restored = await expiry.restore(old.root.digest)
  expect(restored.tags).toMatchObject([{ name: 'pr-1', outcome: 'restored' }])
  expect(restored.lost).toMatchObject(
    [{ digest: signature.root.digest, tags: [signatureTag(old.root.digest)], why: /^it needs the blob/ }].map(
      (one) => ({ ...one, why: expect.stringMatching(one.why) }),
    ),
  )
  expect(await present([old.root.digest, signature.root.digest])).toEqual([old.root.digest])
})

test('a tag that names another image by now is not moved', async () => {
  const expiry = setUp()
  const { repository, client } = bed
  const [old, next] = [image('old'), image('next')]
  await expiry.push('pr-1', old, repository)
  await expiry.run('branches', false)
  await pushImage(client, repository, 'pr-1', next)
  const restored = await expiry.restore(old.root.digest)
  expect(restored.tags).toEqual([
    { name: 'pr-1', digest: old.root.digest, outcome: 'elsewhere', names: next.root.digest },
  ])
  expect((await client.headManifest(repository, 'pr-1'))?.digest).toBe(next.root.digest)
  expect(await present([old.root.digest])).toEqual([old.root.digest])
})

test('a child that neither the registry nor the trash has keeps its index from coming back', async () => {
  const expiry = setUp()
  const old = multiPlatform('lacks a child')
  await expiry.push('pr-1', old, bed.repository)
  await expiry.run('branches', false)
  const [child = ''] = old.manifests.keys()
  await expiry.store.delete(`trash/ci/${bed.repository}/${child}.json`)
  bed.registry.reset()
  await expect(expiry.restore(old.root.digest)).rejects.toThrow(
    `the manifest ${child} (neither the registry nor the trash has it)`,
  )
  expect(puts()).toEqual([])
})

describe('a tag that was deleted alone', () => {
  /** The image keeps `v1`. */
  async function untagged() {
    const expiry = setUp()
    const { repository, project, client } = bed
    const shared = multiPlatform(`${repository} shared`)
    await pushImage(client, repository, 'pr-1', shared)
    await client.putManifest(repository, 'v1', bytesIn(shared), OCI_INDEX)
    const { store } = expiry
    const now = () => Date.now() * 1000
    const removeTag = makeRemoveTag({
      ...{ client, policy: { name: 'old', registry: 'ci', repository: '**', rules: [] }, run: 'run' },
      ...{ trash: makeTrash({ store, now }), mayDelete: async () => true },
      ...{ untoldTags: async () => new Map(), whyTagStays: async () => undefined, sleep: async () => {} },
      placeholders: makePlaceholders({ client, registry: 'ci', store, now }),
    })
    const { digest } = shared.root
    const decision = { project, repository, digest, tags: ['pr-1', 'v1'], rule: null, reason: 'old' }
    expect(await removeTag({ ...decision, verdict: 'delete' }, 'pr-1')).toEqual({ outcome: 'untagged' })
    bed.registry.reset()
    const restoreTag = async () => {
      const entry = await expiry.reader.withTag('ci', repository, 'pr-1')
      if (entry === undefined) throw new Error('no entry')
      return expiry.restoreImage(entry)
    }
    return { shared, digest, restoreTag }
  }

  test('comes back on its image, which is still there', async () => {
    const { shared, digest, restoreTag } = await untagged()
    expect(await restoreTag()).toMatchObject({
      manifests: [{ digest, outcome: 'present' }],
      tags: [{ name: 'pr-1', outcome: 'restored' }],
    })
    expect(puts()).toEqual(['pr-1'])
    for (const tag of ['pr-1', 'v1'])
      expect((await skopeoPullAll(at(`:${tag}`))).sort()).toEqual([...shared.manifests.keys()].sort())
    expect(await restoreTag()).toMatchObject({ tags: [{ name: 'pr-1', outcome: 'present' }] })
  })

  test('comes back with its image if that was deleted since', async () => {
    const { shared, digest, restoreTag } = await untagged()
    await bed.client.deleteManifest(bed.repository, digest)
    expect(await restoreTag()).toMatchObject({
      manifests: [{ digest, outcome: 'restored' }],
      tags: [{ name: 'pr-1', outcome: 'restored' }],
    })
    expect((await skopeoPullAll(at(':pr-1'))).sort()).toEqual([...shared.manifests.keys()].sort())
    expect(await bed.client.headManifest(bed.repository, 'v1')).toBeUndefined()
  })

  test('stays where it is if it names another image by now', async () => {
    const { restoreTag } = await untagged()
    const next = image(`${bed.repository} next`)
    await pushImage(bed.client, bed.repository, 'pr-1', next)
    expect(await restoreTag()).toMatchObject({
      tags: [{ name: 'pr-1', outcome: 'elsewhere', names: next.root.digest }],
    })
    expect((await bed.client.headManifest(bed.repository, 'pr-1'))?.digest).toBe(next.root.digest)
  })
})

test('an image that was signed twice goes with both signatures and all lists of them, and comes back with them', async () => {
  const expiry = setUp()
  const { repository, project, client } = bed
  const signed = image(`${repository} signed`)
  const subject = signed.root.digest
  await expiry.push('pr-1', signed, repository)
  const pushed = async (body: object, mediaType: string, tag?: string) => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...body }))
    const digest = await client.putManifest(repository, tag ?? hashOf(bytes), bytes, mediaType)
    await expiry.index.apply(project, [factOf(digest, bytes, mediaType, tag)])
    return { mediaType, digest, size: bytes.length }
  }
  const { config, layers } = JSON.parse(bytesIn(signed).toString())
  const sign = (by: string) =>
    pushed({ config, layers, subject: signed.root, annotations: { by } }, OCI_MANIFEST)
  // As clients do at a registry without the referrers API: each signature is added to the list, which is pushed anew.
  const listTag = subject.replace(':', '-')
  const first = await sign('first')
  const oldList = await pushed({ manifests: [first] }, OCI_INDEX, listTag)
  const second = await sign('second')
  const list = await pushed({ manifests: [first, second] }, OCI_INDEX, listTag)
  const all = [subject, first.digest, second.digest, list.digest]
  const record = await expiry.run('branches', false)
  expect(record.deletes.map(({ digest, outcome }) => [digest, outcome]).sort()).toEqual(
    [...all, oldList.digest].map((digest) => [digest, 'deleted']).sort(),
  )

  const restored = await expiry.restore(subject)
  expect(restored.manifests.map(({ digest }) => digest).sort()).toEqual(all.toSorted())
  expect(restored.lost).toEqual([])
  expect(await skopeoPullAll(at(':pr-1'))).toEqual([subject])
  expect((await skopeoPullAll(at(`:${listTag}`))).sort()).toEqual(
    [list.digest, first.digest, second.digest].sort(),
  )
  expect((await client.referrers(repository, subject)).map(({ digest }) => digest)).toEqual([
    first.digest,
    second.digest,
  ])
})

test('BuildKit caches of both forms come back: an index of layers, and an image with a cache config', async () => {
  const expiry = setUp()
  const caches = {
    'pr-index': makeBuildKitCache([{ seed: 'cache', bytes: 3_000 }]),
    'pr-image': makeBuildKitImageCache([{ seed: 'cache', bytes: 3_000 }]),
  }
  for (const [tag, cache] of Object.entries(caches)) await expiry.push(tag, cache, bed.repository)
  await expiry.run('branches', false)
  for (const [tag, cache] of Object.entries(caches)) {
    expect(await bed.client.headManifest(bed.repository, tag)).toBeUndefined()
    const restored = await expiry.restore(cache.root.digest)
    expect(restored.tags).toMatchObject([{ name: tag, outcome: 'restored' }])
    expect((await bed.client.getManifest(bed.repository, tag))?.bytes).toEqual(bytesIn(cache))
    for (const [digest, bytes] of cache.blobs)
      expect(await buffer(await bed.client.getBlob(bed.repository, digest))).toEqual(bytes)
  }
  expect(await skopeoPullAll(at(':pr-image'))).toEqual([caches['pr-image'].root.digest])
})

test('a run deletes nothing of an index that came back after the run before had stopped', async () => {
  const expiry = setUp()
  const { repository, project, registry } = bed
  const old = multiPlatform('half deleted')
  await expiry.push('pr-1', old, repository)
  registry.onRequest(({ method }) => (method === 'DELETE' && bed.deletes.length > 1 ? 401 : undefined))
  await expect(expiry.run('branches', false)).rejects.toThrow('401')
  registry.reset()
  await expiry.index.apply(project, [
    { kind: 'delete', repository, at: PUSHED_AT + 1, digest: old.root.digest },
  ])
  expect(await Array.fromAsync(expiry.store.list('expiry-families/'))).toHaveLength(1)

  await expiry.restore(old.root.digest)
  expect(await Array.fromAsync(expiry.store.list('expiry-families/'))).toEqual([])
  // The registry's notification of the put has not arrived.
  await expiry.run('branches', false)
  expect(await present([...old.manifests.keys()])).toHaveLength(old.manifests.size)
})

test.each(['the blobs', 'the manifest'])(
  'a registry whose cache is stale keeps nothing: %s',
  async (what) => {
    const folder = await mkdtemp(join(tmpdir(), 'tallyman-stale-'))
    const storage = `  filesystem: {rootdirectory: ${join(folder, 'storage')}}\n  cache: {blobdescriptor: inmemory}`
    const registry = await startRegistry({ folder, storage })
    const client = makeRegistryClient({ name: 'ci', url: registry.url })
    const store: ObjectStore = makeFolderStore({ path: join(folder, 'store') })
    const reader = makeTrashReader({ store, onUnreadable: unreadable })
    const restoreImage = makeRestoreImage({
      ...{ reader, clientOf: () => client, log: makeLog('silent'), families: makeFamilies(store) },
      trash: makeTrash({ store, now: () => Date.now() * 1000 }),
    })
    try {
      const { repository } = bed
      const old = image('stale')
      await pushImage(client, repository, 'pr-1', old)
      const found = await client.getManifest(repository, 'pr-1')
      if (found === undefined) throw new Error('was not pushed')
      for (const digest of old.blobs.keys()) await client.headBlob(repository, digest)
      const decision = { project: 'ci/x', repository, digest: old.root.digest, tags: ['pr-1'] }
      await makeTrash({ store, now: () => Date.now() * 1000 }).put(
        'run',
        { name: 'old', registry: 'ci', repository: '**', rules: [] },
        { ...decision, verdict: 'delete', rule: null, reason: 'old' },
        found,
      )
      await client.deleteManifest(repository, old.root.digest)
      await collectGarbage(registry)
      // The cache does not know that the blobs were gone, and the manifest still is.
      if (what === 'the manifest')
        for (const bytes of old.blobs.values()) await upload(client, repository, bytes)
      const entry = (await reader.get({ registry: 'ci', ...decision })) as TrashEntry
      await expect(restoreImage(entry)).rejects.toThrow(
        what === 'the blobs'
          ? /^nothing was put back: .* \(the registry announces it, but does not send it/
          : /^the registry accepted .* and does not have it: its cache/,
      )
      expect(await client.getManifest(repository, old.root.digest)).toBeUndefined()
    } finally {
      await client.close()
      await registry.close()
    }
  },
)
