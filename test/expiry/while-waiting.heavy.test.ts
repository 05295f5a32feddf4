import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type LabImage, makeReferrer } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makePlaceholders } from '../../src/expiry/remove-tag-placeholder.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { parseManifest } from '../../src/registry/manifest.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { referencesOf } from '../../src/usage/references-of.ts'
import { image, NOW, PUSHED_AT, pullOf, taggedAs, useExpiry } from './expire-bed.ts'

/** What happens while a run waits for its registry or its store, or is killed. */
const bed = useExpiry()
const isThere = async (reference: string) =>
  (await bed.client.headManifest(bed.repository, reference)) !== undefined
const tags = async () => (await Array.fromAsync(bed.client.tags(bed.repository))).sort()

/** A store that runs `act` before, or after, the trash gets its first entry. */
const atTrash =
  (when: 'before' | 'after', act: () => Promise<unknown>) =>
  (real: ObjectStore): ObjectStore => {
    let isDone = false
    return {
      ...real,
      async put(key, body) {
        const isFirst = key.startsWith('trash/') && !isDone
        if (isFirst) isDone = true
        if (isFirst && when === 'before') await act()
        await real.put(key, body)
        if (isFirst && when === 'after') await act()
      },
    }
  }

const bytesOf = ({ root, manifests }: LabImage) => manifests.get(root.digest)?.bytes ?? Buffer.alloc(0)
const putAs = (reference: string, pushed: LabImage) =>
  bed.client.putManifest(bed.repository, reference, bytesOf(pushed), pushed.root.mediaType)
const tell = async ({ index }: ReturnType<typeof bed.setUp>, tag: string, pushed: LabImage) =>
  index.apply(bed.project, [{ ...taggedAs(tag, pushed, bed.repository), at: NOW }])

test.each([{ status: 503, retryAfter: 1 }, { status: 429, retryAfter: 1 }, 'drop'] as const)(
  'a DELETE that the registry has no time for is not sent again before all is looked at again: %o',
  async (fault) => {
    const setup = bed.setUp()
    const old = image('old')
    await setup.push('pr-1', old, bed.repository)
    bed.registry.onRequest(async ({ method }) => {
      if (method !== 'DELETE' || bed.deletes.length > 1) return undefined
      await putAs('v1.0', old)
      await tell(setup, 'v1.0', old)
      return fault
    })
    expect((await setup.run('branches', false)).deletes).toMatchObject([{ outcome: 'moved' }])
    expect(await isThere('v1.0')).toBe(true)
    expect(bed.deletes).toHaveLength(1)
  },
)

test('a tag stays that is pushed again while a DELETE of it waits', async () => {
  const setup = bed.setUp()
  const [shared, next] = [image('shared'), image('next')]
  await setup.push('pr-1', shared, bed.repository)
  await setup.push('main', shared, bed.repository)
  await setup.push('edge', next, bed.repository)
  bed.registry.onRequest(async ({ method, path }) => {
    if (method !== 'DELETE' || !path.endsWith('/pr-1')) return undefined
    if (bed.deletes.filter((reference) => reference === 'pr-1').length > 1) {
      // As a registry that deletes tags.
      await bed.client.deleteManifest(bed.repository, next.root.digest)
      return 202
    }
    await putAs('pr-1', next)
    return { status: 503, retryAfter: 1 }
  })
  await setup.run('branches', false)
  expect((await bed.client.headManifest(bed.repository, 'pr-1'))?.digest).toBe(next.root.digest)
})

test('after a wait for the registry within the last looks, all is looked at again', async () => {
  const old = image('old')
  let isWritten = false
  const setup: ReturnType<typeof bed.setUp> = bed.setUp({
    store: atTrash('after', async () => {
      isWritten = true
    }),
    registryNow() {
      if (!isWritten) return NOW
      isWritten = false
      const facts = { registry: 'ci', operation: 'GET ping', reason: '', status: 429, retry: true }
      throw new RegistryError(facts)
    },
    async sleep(ms) {
      await putAs('v1.0', old)
      await tell(setup, 'v1.0', old)
      await setTimeout(ms + 50)
    },
  })
  await setup.push('pr-1', old, bed.repository)
  expect((await setup.run('branches', false)).deletes).toMatchObject([{ outcome: 'moved' }])
  expect(await isThere('v1.0')).toBe(true)
})

test('a tag of many that is told while the others are looked up keeps the image', async () => {
  const setup = bed.setUp()
  const old = image('old')
  await setup.push('pr-1', old, bed.repository)
  let heads = 0
  bed.registry.onRequest(async ({ method, path }) => {
    // The second HEAD of the tag is that of the last looks.
    if (method === 'HEAD' && path.endsWith('/pr-1') && ++heads === 2) {
      await putAs('v1.0', old)
      await tell(setup, 'v1.0', old)
    }
    return undefined
  })
  expect((await setup.run('branches', false)).deletes).toMatchObject([{ outcome: 'moved' }])
  expect(heads).toBeGreaterThan(1)
  expect(await isThere('v1.0')).toBe(true)
})

const FORMS = ['with a placeholder', 'by the registry'] as const
/** An image that stays for `main` and loses `pr-1`. */
async function pushShared(setup: ReturnType<typeof bed.setUp>, shared = image('shared')) {
  await setup.push('pr-1', shared, bed.repository)
  await putAs('main', shared)
  await setup.index.apply(bed.project, [taggedAs('main', shared, bed.repository)])
  bed.registry.reset()
  return shared
}

test.each(FORMS.flatMap((form) => ['stop', 'keep', 'use'].map((what) => [form, what] as const)))(
  'a tag that goes alone %s stays after a %s while the trash is written',
  async (form, what) => {
    let mode: 'apply' | 'plan' = 'apply'
    let isKept = false
    const shared = image('shared')
    const setup: ReturnType<typeof bed.setUp> = bed.setUp({
      mode: () => mode,
      findProtections: async () => () => (isKept ? 'it is kept' : undefined),
      store: atTrash('before', async () => {
        if (what === 'stop') mode = 'plan'
        if (what === 'use') await setup.index.apply(bed.project, [pullOf(shared, bed.repository)])
        if (what !== 'keep') return
        isKept = true
        // What is known of keeps may be a second old.
        await setTimeout(1_100)
      }),
    })
    await pushShared(setup, shared)
    if (form === 'by the registry')
      bed.registry.onRequest(({ method, path }) =>
        method === 'DELETE' && path.endsWith('/pr-1') ? 202 : undefined,
      )
    const record = await setup.run('branches', false)
    if (what === 'stop') expect(record).toMatchObject({ state: 'stopped', deletes: [] })
    else expect(record.deletes).toMatchObject([{ outcome: 'moved' }])
    expect(bed.registry.requests.filter((line) => /^(DELETE|PUT)/.test(line))).toEqual([])
    expect(await tags()).toEqual(['main', 'pr-1'])
    expect(await Array.fromAsync(setup.store.list('trash/'))).toEqual([])
  },
)

async function pushUntagged({ index }: ReturnType<typeof bed.setUp>, pushed: LabImage, at: number) {
  const { repository, project, client } = bed
  const { digest, size, mediaType } = pushed.root
  await pushImage(client, repository, digest, pushed)
  const references = referencesOf(parseManifest(bytesOf(pushed), mediaType))
  await index.apply(project, [
    { kind: 'push', repository, at, digest, size, mediaType, references, extent: 'all' },
  ])
}

test('the trash keeps its entry of an image that another attempt of the run deletes', async () => {
  const old = image('old')
  const setup: ReturnType<typeof bed.setUp> = bed.setUp({
    store: atTrash('after', async () => {
      const { repository, project } = bed
      await bed.client.deleteManifest(repository, old.root.digest)
      await setup.index.apply(project, [{ kind: 'delete', repository, at: NOW, digest: old.root.digest }])
    }),
  })
  await setup.push('pr-1', old, bed.repository)
  await setup.run('branches', false)
  expect(await setup.store.head(`trash/ci/${bed.repository}/${old.root.digest}.json`)).toBeDefined()
})

test('what belongs to an image and comes while its trash is written goes with a later run', async () => {
  const old = image('old')
  const sbom = makeReferrer(old.root, 'sbom')
  const setup: ReturnType<typeof bed.setUp> = bed.setUp({
    store: atTrash('before', () => pushUntagged(setup, sbom, NOW)),
  })
  await setup.push('pr-1', old, bed.repository)
  expect((await setup.run('branches', false)).deletes).toMatchObject([{ outcome: 'deleted' }])
  const { repository, project } = bed
  await setup.index.apply(project, [{ kind: 'delete', repository, at: NOW, digest: old.root.digest }])
  await setup.run('branches', false)
  expect(await isThere(sbom.root.digest)).toBe(false)
})

/** Puts a placeholder under `pr-1`, as a run that is killed right after. */
async function leavePlaceholder(store: ObjectStore, shared: LabImage) {
  const { repository, client, project } = bed
  await new Promise<void>((resolve) => {
    const killed: RegistryClient = {
      ...client,
      async putManifest(...args) {
        await client.putManifest(...args)
        resolve()
        return new Promise<never>(() => {})
      },
    }
    const { digest, mediaType } = shared.root
    const manifest = bytesOf(shared).toString('base64')
    void makePlaceholders({ client: killed, registry: 'ci', store, now: () => PUSHED_AT + 2 }).deleteTag(
      { project, repository, tag: 'pr-1', digest, mediaType, manifest },
      async () => undefined,
    )
  })
}

test('a placeholder whose tag cannot be read stops no run', async () => {
  const setup = bed.setUp()
  const shared = await pushShared(setup)
  await setup.push('pr-2', image('other'), bed.repository)
  await leavePlaceholder(setup.store, shared)
  const link = `repositories/${bed.repository}/_manifests/tags/pr-1/current/link`
  await truncate(join(bed.registry.folder, 'storage/docker/registry/v2', link))
  const record = await setup.run('branches', false)
  expect(record.state).toBe('done')
  expect(setup.audited).toContainEqual(
    expect.objectContaining({
      action: 'tag.settled',
      outcome: 'failed',
      why: expect.stringContaining('500'),
    }),
  )
  expect(await isThere('pr-2')).toBe(false)
})

test('a tag on a placeholder comes back if its image was used since the kill', async () => {
  const setup = bed.setUp({ notice: 86_400_000 })
  const shared = await pushShared(setup)
  await leavePlaceholder(setup.store, shared)
  await setup.index.apply(bed.project, [pullOf(shared, bed.repository)])
  await setup.run('branches', false)
  expect((await bed.client.headManifest(bed.repository, 'pr-1'))?.digest).toBe(shared.root.digest)
})

test.each([
  [429, 5],
  [500, 1],
])(
  'an image that the registry deletes with a tag, and does not tell of then (%d), comes back in the same run',
  async (status, times) => {
    const setup = bed.setUp({ sleep: async () => {} })
    const shared = await pushShared(setup)
    let refusals = -1
    bed.registry.onRequest(async ({ method, path }) => {
      if (method === 'DELETE' && path.endsWith('/pr-1') && refusals < 0) {
        refusals = times
        await bed.client.deleteManifest(bed.repository, shared.root.digest)
        return 202
      }
      if (refusals > 0 && method === 'HEAD' && path.endsWith(shared.root.digest)) {
        refusals -= 1
        return status
      }
      return undefined
    })
    await setup.run('branches', false).catch(() => undefined)
    bed.registry.reset()
    expect((await bed.client.headManifest(bed.repository, 'main'))?.digest).toBe(shared.root.digest)
  },
)

test('five damaged manifests stop no repository', async () => {
  const setup = bed.setUp({ rules: [{ tagged: false, olderThan: 1, expire: true }] })
  // Of this test only: repositories share their blobs.
  const images = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => image(`damaged ${name}`))
  images.sort((a, b) => (a.root.digest < b.root.digest ? -1 : 1))
  for (const one of images) await pushUntagged(setup, one, PUSHED_AT)
  for (const { root } of images.slice(0, 5)) {
    const hex = root.digest.slice('sha256:'.length)
    const data = `blobs/sha256/${hex.slice(0, 2)}/${hex}/data`
    await truncate(join(bed.registry.folder, 'storage/docker/registry/v2', data))
  }
  const { deletes } = await setup.run('branches', false)
  expect(deletes.map(({ outcome }) => outcome)).toEqual([...Array(5).fill('moved'), 'deleted'])
})

test.each([
  ['an empty list', []],
  ['its first page only', ['pr-1']],
])('nothing goes by a list of tags that lacks some that the registry has: %s', async (_, listed) => {
  const old = image('old')
  const setup = bed.setUp({
    client: {
      async *tags() {
        yield* listed
      },
    },
  })
  await setup.push('pr-1', old, bed.repository)
  await setup.push('main', image('main'), bed.repository)
  // No notification tells of it, and the list lacks it.
  await putAs('v1.0', old)
  expect((await setup.run('branches', false)).deletes).toMatchObject([
    { outcome: 'failed', why: expect.stringContaining('its list of tags lacks') },
  ])
  expect(await isThere('v1.0')).toBe(true)
})

test('an image that the registry refuses with 405 stops no run if it does not tell whether it deletes any', async () => {
  const setup = bed.setUp()
  const [a, b] = [image('a'), image('b')]
  for (const [tag, one] of [
    ['pr-a', a],
    ['pr-b', b],
  ] as const)
    await setup.push(tag, one, bed.repository)
  bed.registry.onRequest(({ method, path }) => {
    if (method !== 'DELETE' || path.endsWith(b.root.digest)) return undefined
    return path.endsWith(a.root.digest) ? 405 : 403
  })
  const { state, deletes } = await setup.run('branches', false)
  expect(state).toBe('done')
  expect(deletes.map(({ outcome }) => outcome).sort()).toEqual(['deleted', 'refused'])
})

/** The registry has collected what no image of the repository needs: its layers. */
const collectGarbage = () =>
  rm(join(bed.registry.folder, 'storage/docker/registry/v2/repositories', bed.repository, '_layers'), {
    recursive: true,
  })

test('an image that cannot come back, since its contents are gone, is told once', async () => {
  const setup = bed.setUp()
  const shared = await pushShared(setup)
  const { digest, mediaType } = shared.root
  const { repository } = bed
  const manifest = bytesOf(shared).toString('base64')
  const key = `expiry-put-backs/ci/${repository}/${digest}.json`
  await setup.store.put(key, JSON.stringify({ repository, digest, tags: ['main'], mediaType, manifest }))
  await bed.client.deleteManifest(repository, digest)
  await collectGarbage()
  const settled = () => setup.audited.filter(({ action }) => action === 'tag.settled')
  for (const _ of ['one run', 'another']) {
    await setup.run('branches', false)
    expect(settled()).toMatchObject([{ outcome: 'failed', why: expect.stringContaining('BLOB_UNKNOWN') }])
  }
})

test('a placeholder goes if its tag cannot be put back, since the contents of its image are gone', async () => {
  const setup = bed.setUp()
  const shared = await pushShared(setup)
  await leavePlaceholder(setup.store, shared)
  const { repository, project, client } = bed
  const { digest } = shared.root
  await client.deleteManifest(repository, digest)
  await setup.index.apply(project, [{ kind: 'delete', repository, at: NOW, digest }])
  await collectGarbage()
  await setup.run('branches', false)
  expect(await isThere('pr-1')).toBe(false)
  await setup.run('branches', false)
  expect(setup.audited.filter(({ action }) => action === 'tag.settled')).toMatchObject([
    { outcome: 'untagged' },
  ])
})

test('the trash keeps its entry of an image whose DELETE got no answer: it may be carried out still', async () => {
  const old = image('old')
  let puts = 0
  const setup: ReturnType<typeof bed.setUp> = bed.setUp({
    store: (real) => ({
      ...real,
      async put(key, body) {
        if (key.startsWith('trash/') && ++puts === 2) await tell(setup, 'v1.0', old)
        await real.put(key, body)
      },
    }),
  })
  await setup.push('pr-1', old, bed.repository)
  bed.registry.onRequest(({ method }) => (method === 'DELETE' ? 'drop' : undefined))
  expect((await setup.run('branches', false)).deletes).toMatchObject([{ outcome: 'moved' }])
  expect(puts).toBe(2)
  expect(await Array.fromAsync(setup.store.list('trash/'))).toHaveLength(1)
})
