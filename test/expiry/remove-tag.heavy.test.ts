import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import type { RegistryRequest } from '../../lab/faulty-registry.ts'
import type { LabImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { skopeoPullAll } from '../../lab/skopeo.ts'
import type { Decision } from '../../src/expiry/decision.ts'
import { DeletesDisabled } from '../../src/expiry/registry-refusal.ts'
import { makeRemoveTag } from '../../src/expiry/remove-tag.ts'
import { makeIsPlaceholder, makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import { makeTrash } from '../../src/expiry/trash.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { image, multiPlatform, useExpiry } from './expire-bed.ts'

const bed = useExpiry()
const now = () => Date.now() * 1000
const POLICY = { name: 'branches', registry: 'ci', repository: '**', rules: [] }

const yes = async () => true
const no = async () => false
let shared: LabImage
let store: ObjectStore
beforeEach(async () => {
  store = bed.setUp().store
  shared = multiPlatform(`${bed.repository} shared`)
  await pushImage(bed.client, bed.repository, 'pr-1', shared)
  await tagAs('v1')
  bed.registry.reset()
})

const rootOf = ({ root, manifests }: LabImage) => manifests.get(root.digest)?.bytes ?? Buffer.alloc(0)
const tagAs = (tag: string) =>
  bed.client.putManifest(bed.repository, tag, rootOf(shared), shared.root.mediaType)

const decision = (): Decision => ({
  ...{ project: bed.project, repository: bed.repository, digest: shared.root.digest, tags: ['pr-1', 'v1'] },
  ...{ verdict: 'delete', rule: 'pr-*', reason: 'it is 30 days old' },
})

function setUp(
  options: {
    untold?: string[]
    client?: Partial<RegistryClient>
    mayDelete?: () => Promise<boolean>
    store?: ObjectStore
  } = {},
) {
  const client: RegistryClient = { ...bed.client, ...options.client }
  const own = options.store ?? store
  const placeholders = makePlaceholders({ client, registry: 'ci', store: own, now })
  const trash = makeTrash({ store: own, now })
  const { mayDelete = async () => true } = options
  const untoldTags = async () => new Map(options.untold?.map((digest) => [digest, 'a tag is on it']))
  const removeTag = makeRemoveTag({
    ...{ client, policy: POLICY, run: 'run', trash, placeholders, mayDelete, untoldTags },
    ...{ whyTagStays: async () => undefined, sleep: setTimeout },
  })
  return { placeholders, removeTag: (tag = 'pr-1') => removeTag(decision(), tag) }
}

const digestAt = async (reference: string) =>
  (await bed.client.headManifest(bed.repository, reference))?.digest
const tags = async () => (await Array.fromAsync(bed.client.tags(bed.repository))).sort()
const trashed = async () => (await Array.fromAsync(store.list('trash/'))).map(({ key }) => key)
/** Placeholders that are noted: whether each may still be at the registry. */
const noted = async () =>
  (await Array.fromAsync(store.list('expiry-placeholders/'))).map(({ size }) => size > 0)
const toPutBack = () => Array.fromAsync(store.list('expiry-put-backs/'))
const isDeleteOf = ({ method, path }: RegistryRequest, reference: RegExp) =>
  method === 'DELETE' && reference.test(path)
const isPutOf = ({ method, path }: RegistryRequest, tag: string) =>
  method === 'PUT' && path.endsWith(`/manifests/${tag}`)

/** As distribution 3 does it: the tag goes, and its manifest stays. */
const deletesTags = () =>
  bed.registry.onRequest(async (request) => {
    if (!isDeleteOf(request, /\/manifests\/[^:]+$/)) return undefined
    await rm(tagFolder(request.path.slice(request.path.lastIndexOf('/') + 1)), { recursive: true })
    return 202
  })
const tagFolder = (tag: string) =>
  join(
    bed.registry.folder,
    `storage/docker/registry/v2/repositories/${bed.repository}/_manifests/tags/${tag}`,
  )

async function expectShared(...names: string[]) {
  expect(await tags()).toEqual(names)
  const host = new URL(bed.registry.url).host
  for (const tag of names)
    expect((await skopeoPullAll(`${host}/${bed.repository}:${tag}`)).sort()).toEqual(
      [...shared.manifests.keys()].sort(),
    )
}

describe('a registry that deletes digests only', () => {
  test('deletes a tag, and never the digest that a kept tag shares', async () => {
    expect(await setUp().removeTag()).toEqual({ outcome: 'untagged' })
    expect(bed.deletes).not.toContain(shared.root.digest)
    await expectShared('v1')
    expect(await trashed()).toEqual([`trash/ci/${bed.repository}/${shared.root.digest}/pr-1.json`])
    expect(await noted()).toEqual([false])
  })

  test('is asked once whether it deletes tags', async () => {
    const { removeTag } = setUp()
    await tagAs('pr-2')
    bed.registry.reset()
    expect([await removeTag('pr-1'), await removeTag('pr-2')]).toEqual([
      { outcome: 'untagged' },
      { outcome: 'untagged' },
    ])
    expect(bed.deletes.filter((reference) => reference.startsWith('pr-'))).toEqual(['pr-1'])
    await expectShared('v1')
  })

  test('may answer 404 to the delete of a tag that it has', async () => {
    bed.registry.onRequest((request) => (isDeleteOf(request, /\/pr-1$/) ? 404 : undefined))
    expect(await setUp().removeTag()).toEqual({ outcome: 'untagged' })
    await expectShared('v1')
  })

  test.each([
    ['before the placeholder is put', 'pr-1 DELETE'],
    ['after it', 'pr-1 PUT'],
  ])('a push of the tag %s stays', async (_, when) => {
    const other = image(`${bed.repository} other`)
    let isPushed = false
    const push = async () => {
      isPushed = true
      await pushImage(bed.client, bed.repository, 'pr-1', other)
    }
    const client: Partial<RegistryClient> = {
      async uploadBlob(...args) {
        await bed.client.uploadBlob(...args)
        if (when === 'pr-1 DELETE' && !isPushed) await push()
      },
      async putManifest(...args) {
        const digest = await bed.client.putManifest(...args)
        if (when === 'pr-1 PUT' && !isPushed) await push()
        return digest
      },
    }
    const { removeTag, placeholders } = setUp({ client })
    expect(await removeTag()).toEqual({
      outcome: 'moved',
      why: `the registry has the tag on ${other.root.digest} by now`,
    })
    expect(isPushed).toBe(true)
    expect(await digestAt('pr-1')).toBe(other.root.digest)
    expect(await digestAt('v1')).toBe(shared.root.digest)
    // What is left is deleted by the next run.
    expect(await Array.fromAsync(placeholders.settle(yes, yes))).toEqual([])
    expect(await noted()).toEqual([false])
    expect(await tags()).toEqual(['pr-1', 'v1'])
  })

  test.each([403, 500])(
    'puts the tag back if the delete of the placeholder fails with %d',
    async (status) => {
      let putAt = false
      bed.registry.onRequest((request) => {
        putAt ||= isPutOf(request, 'pr-1')
        return putAt && isDeleteOf(request, /sha256:/) ? status : undefined
      })
      const { removeTag, placeholders } = setUp()
      expect(await removeTag()).toMatchObject({ outcome: status === 403 ? 'refused' : 'failed' })
      await expectShared('pr-1', 'v1')
      expect(await noted()).toEqual([true])
      // The placeholder, which no tag names, goes with the next run.
      bed.registry.reset()
      expect(await Array.fromAsync(placeholders.settle(yes, yes))).toEqual([])
      expect(bed.deletes).toHaveLength(1)
      expect(await noted()).toEqual([false])
      await expectShared('pr-1', 'v1')
    },
  )

  test('says so if the tag could not be put back, and the next run puts it back or deletes it', async () => {
    let puts = 0
    bed.registry.onRequest((request) => {
      if (isPutOf(request, 'pr-1')) puts += 1
      if (puts > 1 && isPutOf(request, 'pr-1')) return 500
      return puts > 0 && isDeleteOf(request, /sha256:/) ? 500 : undefined
    })
    const { removeTag, placeholders } = setUp()
    const result = await removeTag()
    expect(result).toMatchObject({ outcome: 'failed', why: expect.stringContaining('until the next run') })
    expect(await digestAt('pr-1')).not.toBe(shared.root.digest)
    bed.registry.reset()
    expect(await Array.fromAsync(placeholders.settle(no, yes))).toMatchObject([
      { tag: 'pr-1', outcome: 'kept' },
    ])
    await expectShared('pr-1', 'v1')
  })

  test('and whose storage is damaged deletes the placeholder, though it answers 500', async () => {
    await pushImage(bed.client, bed.repository, 'other', image(`${bed.repository} other`))
    await truncate(join(tagFolder('other'), 'current/link'))
    expect(await setUp().removeTag()).toEqual({ outcome: 'untagged' })
    expect(await digestAt('pr-1')).toBeUndefined()
    expect(await digestAt('v1')).toBe(shared.root.digest)
    expect(await noted()).toEqual([false])
  })

  test('a PUT that was carried out and lost its answer ends the same', async () => {
    bed.registry.onRequest((request) => (isPutOf(request, 'pr-1') ? 'drop answer' : undefined))
    expect(await setUp().removeTag()).toEqual({ outcome: 'untagged' })
    await expectShared('v1')
  })

  test('gets no placeholder if it refuses pushes of the tag', async () => {
    bed.registry.onRequest((request) => (isPutOf(request, 'pr-1') ? 403 : undefined))
    expect(await setUp().removeTag()).toEqual({
      outcome: 'refused',
      why: 'kept by the registry: 403 UNKNOWN (as the test says)',
    })
    await expectShared('pr-1', 'v1')
    // The trash tells of nothing that is there still.
    expect(await trashed()).toEqual([])
  })

  test('gets no placeholder if our login may delete and not push', async () => {
    bed.registry.onRequest(({ method }) => (method === 'POST' ? 401 : undefined))
    expect(await setUp().removeTag()).toMatchObject({
      outcome: 'refused',
      why: expect.stringContaining('the login must be allowed to push: 401'),
    })
    await expectShared('pr-1', 'v1')
    // The trash tells of nothing that is there still.
    expect(await trashed()).toEqual([])
  })

  test('gets no placeholder if it does not delete at all', async () => {
    bed.registry.onRequest((request) => (request.method === 'DELETE' ? 405 : undefined))
    await expect(setUp().removeTag()).rejects.toThrow(DeletesDisabled)
    expect(bed.registry.requests.filter((line) => /^(PUT|POST)/.test(line))).toEqual([])
    await expectShared('pr-1', 'v1')
    // The trash tells of nothing that is there still.
    expect(await trashed()).toEqual([])
  })
})

describe('a process that is killed after the PUT of the placeholder', () => {
  /** Resolves when the registry has the placeholder; the delete of it never arrives. */
  async function killed() {
    const gone = new Promise<never>(() => {})
    await new Promise<void>((resolve) => {
      const { removeTag } = setUp({
        client: {
          async putManifest(...args) {
            await bed.client.putManifest(...args)
            resolve()
            return gone
          },
        },
      })
      void removeTag()
    })
    expect(await digestAt('pr-1')).not.toBe(shared.root.digest)
  }

  test('a later run deletes the tag', async () => {
    await killed()
    const settled = await Array.fromAsync(setUp().placeholders.settle(yes, yes))
    expect(settled).toMatchObject([{ tag: 'pr-1', digest: shared.root.digest, outcome: 'untagged' }])
    await expectShared('v1')
    expect(await Array.fromAsync(setUp().placeholders.settle(yes, yes))).toEqual([])
    expect(await noted()).toEqual([false])
  })

  test('a later run that may not delete puts the tag back, and another deletes what is left', async () => {
    await killed()
    const settled = await Array.fromAsync(setUp().placeholders.settle(no, yes))
    expect(settled).toMatchObject([{ tag: 'pr-1', outcome: 'kept' }])
    await expectShared('pr-1', 'v1')
    expect(await noted()).toEqual([true])
    expect(await Array.fromAsync(setUp().placeholders.settle(yes, yes))).toEqual([])
    expect(await noted()).toEqual([false])
    await expectShared('pr-1', 'v1')
  })

  test('a push of the tag since then stays', async () => {
    await killed()
    const other = image(`${bed.repository} since`)
    await pushImage(bed.client, bed.repository, 'pr-1', other)
    expect(await Array.fromAsync(setUp().placeholders.settle(yes, yes))).toEqual([])
    expect(await digestAt('pr-1')).toBe(other.root.digest)
    expect(await noted()).toEqual([false])
  })
})

describe('a registry that deletes tags', () => {
  test('is asked for the tag and for nothing else', async () => {
    deletesTags()
    expect(await setUp().removeTag()).toEqual({ outcome: 'untagged' })
    expect(bed.deletes).toEqual(['pr-1'])
    expect(bed.registry.requests.filter((line) => /^(PUT|POST)/.test(line))).toEqual([])
    await expectShared('v1')
  })

  test('and their image with them gets the image and its other tags back', async () => {
    bed.registry.onRequest(async (request) => {
      if (!isDeleteOf(request, /\/pr-1$/)) return undefined
      await bed.client.deleteManifest(bed.repository, shared.root.digest)
      return 202
    })
    const { removeTag } = setUp()
    await tagAs('pr-2')
    expect(await removeTag()).toMatchObject({ outcome: 'untagged', why: expect.stringContaining('put back') })
    await expectShared('v1')
    expect(await toPutBack()).toEqual([])
  })

  test.each(['PUT', 'HEAD', 'DELETE'])(
    'and their image with them, and then fails (%s), gets the image back by the next run',
    async (failing) => {
      let isGone = false
      bed.registry.onRequest(async (request) => {
        if (isGone)
          return request.method === 'DELETE' ? undefined : request.method === failing ? 500 : undefined
        if (!isDeleteOf(request, /\/pr-1$/)) return undefined
        isGone = true
        await bed.client.deleteManifest(bed.repository, shared.root.digest)
        return failing === 'DELETE' ? 500 : 202
      })
      const result = await setUp().removeTag()
      bed.registry.reset()
      if (failing === 'DELETE') expect(result).toMatchObject({ outcome: 'untagged' })
      else {
        expect(result).toMatchObject({ outcome: 'failed' })
        expect(await toPutBack()).toHaveLength(1)
      }
      // People can put it back before.
      if (failing === 'PUT')
        expect(await trashed()).toContain(`trash/ci/${bed.repository}/${shared.root.digest}.json`)
      const { putBacks } = setUp().placeholders
      expect(await Array.fromAsync(putBacks.settle())).toMatchObject(
        failing === 'DELETE' ? [] : [{ outcome: 'restored' }],
      )
      await expectShared('v1')
      expect(await toPutBack()).toEqual([])
    },
  )

  test('is not asked if the image may have a tag that could not be put back', async () => {
    await tagAs('untold')
    expect(await setUp({ untold: [shared.root.digest] }).removeTag()).toEqual({ outcome: 'untagged' })
    expect(bed.deletes).not.toContain('pr-1')
    await expectShared('untold', 'v1')
  })

  test('and protects some keeps those', async () => {
    bed.registry.onRequest((request) => (isDeleteOf(request, /\/pr-1$/) ? 403 : undefined))
    expect(await setUp().removeTag()).toEqual({
      outcome: 'refused',
      why: 'kept by the registry: 403 UNKNOWN (as the test says)',
    })
    await expectShared('pr-1', 'v1')
  })

  test('and is GitLab: what it keeps is kept by GitLab', async () => {
    bed.registry.onRequest((request) =>
      request.path === '/gitlab/v1/' ? 200 : isDeleteOf(request, /\/pr-1$/) ? 400 : undefined,
    )
    expect(await setUp().removeTag()).toEqual({
      outcome: 'refused',
      why: 'kept by GitLab: 400 UNKNOWN (as the test says)',
    })
    await expectShared('pr-1', 'v1')
  })
})

test('a tag that is gone is absent, and one that names another image has moved', async () => {
  const other = image(`${bed.repository} next`)
  await pushImage(bed.client, bed.repository, 'pr-1', other)
  bed.registry.reset()
  expect(await setUp().removeTag()).toMatchObject({ outcome: 'moved' })
  expect(await setUp().removeTag('pr-9')).toEqual({ outcome: 'absent' })
  expect(bed.deletes).toEqual([])
  expect(await trashed()).toEqual([])
  expect(await digestAt('pr-1')).toBe(other.root.digest)
})

test('nothing is deleted if nothing may be deleted any more', async () => {
  expect(await setUp({ mayDelete: async () => false }).removeTag()).toEqual({ outcome: 'planned' })
  expect(bed.deletes).toEqual([])
  expect(await trashed()).toEqual([])
})

test('nothing is deleted if the trash does not keep the entry', async () => {
  const forgetful: ObjectStore = {
    ...store,
    put: (key, body) => (key.startsWith('trash/') ? Promise.resolve() : store.put(key, body)),
  }
  await expect(setUp({ store: forgetful }).removeTag()).rejects.toThrow('nothing is deleted')
  expect(bed.deletes).toEqual([])
  await expectShared('pr-1', 'v1')
})

test('a tag that moves while its entry is written to the trash stays', async () => {
  const other = image(`${bed.repository} late`)
  deletesTags()
  const slow: ObjectStore = {
    ...store,
    async put(key, body) {
      if (key.startsWith('trash/')) await pushImage(bed.client, bed.repository, 'pr-1', other)
      await store.put(key, body)
    },
  }
  expect(await setUp({ store: slow }).removeTag()).toMatchObject({ outcome: 'moved' })
  expect(await digestAt('pr-1')).toBe(other.root.digest)
})

test('the digest of a placeholder is known, and no other', async () => {
  let placeholder = ''
  await setUp({
    client: {
      async putManifest(...args) {
        placeholder = await bed.client.putManifest(...args)
        return placeholder
      },
    },
  }).removeTag()
  const isPlaceholder = makeIsPlaceholder(store)
  expect(await isPlaceholder('ci', bed.repository, placeholder)).toBe(true)
  expect(await isPlaceholder('ci', bed.repository, shared.root.digest)).toBe(false)
  // It is forgotten after a week.
  const later = makePlaceholders({
    ...{ client: bed.client, registry: 'ci', store },
    now: () => now() + 8 * 86_400_000_000,
  })
  expect(await Array.fromAsync(later.settle(yes, yes))).toEqual([])
  expect(await isPlaceholder('ci', bed.repository, placeholder)).toBe(false)
})
