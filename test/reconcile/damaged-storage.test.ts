import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { OCI_MANIFEST, SCHEMA_1_SIGNED } from '../../src/registry/manifest.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { image } from './filled-registry.ts'
import { inIndex, readAll } from './read-all.ts'

let registry: LabRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'lab', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const readerAt = (path: string) => makeStorageReader({ store: makeFolderStore({ path }), place: path })
const repositoryIn = (root: string, name: string) => join(root, 'docker/registry/v2/repositories', name)
const hexOf = (digest: string) => digest.slice('sha256:'.length)
const dataIn = (root: string, digest: string) =>
  join(root, 'docker/registry/v2/blobs/sha256', hexOf(digest).slice(0, 2), hexOf(digest), 'data')

async function read(root: string, repository: string) {
  const [reading] = (await readAll(readerAt(root).read({ expected: [] }))).filter(
    (one) => one.repository === repository,
  )
  if (reading === undefined) throw new Error(`${repository} was not read`)
  return reading
}

/** An empty storage that no registry wrote. */
async function makeRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tallyman-storage-'))
  folders.push(root)
  await mkdir(repositoryIn(root, ''), { recursive: true })
  return root
}

async function writeNew(file: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}

/** Stores a manifest as a registry does. Returns its digest. */
async function storeManifest(root: string, repository: string, body: object): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(body))
  const digest = digestOf(bytes)
  await writeNew(dataIn(root, digest), bytes)
  await writeNew(
    join(repositoryIn(root, repository), '_manifests/revisions/sha256', hexOf(digest), 'link'),
    digest,
  )
  return digest
}

it('reports what cannot be read as unreadable, and reads everything else', async () => {
  const [fine, cut, lost] = [image('fine'), image('cut'), image('lost')]
  for (const [tag, content] of Object.entries({ fine, cut, lost }))
    await pushImage(client, 'damaged', tag, content)
  await pushImage(client, 'damaged', 'torn', fine)
  await writeFile(dataIn(registry.storage, cut.root.digest), '{"schemaVersion":2')
  await rm(dataIn(registry.storage, lost.root.digest))
  await writeFile(join(repositoryIn(registry.storage, 'damaged'), '_manifests/tags/torn/current/link'), '')

  const reading = await read(registry.storage, 'damaged')
  expect(reading.manifests.map(({ digest }) => digest)).toEqual([fine.root.digest])
  expect(new Set(reading.unreadable)).toEqual(
    new Set([
      { tag: 'torn', reason: 'its link file holds "", which is not a digest' },
      {
        digest: cut.root.digest,
        reason: 'its content (18 bytes) does not hash to its digest',
        damage: { digest: cut.root.digest, part: 'manifest', fault: 'corrupt', size: 0, found: 18 },
      },
      {
        digest: lost.root.digest,
        reason: 'its content is not in the storage',
        damage: { digest: lost.root.digest, part: 'manifest', fault: 'missing', size: 0 },
      },
    ]),
  )
  expect(reading.tags.map(({ tag }) => tag).sort()).toEqual(['cut', 'fine', 'lost'])
})

it('leaves out a tag whose digest is not a manifest of the repository, as the registry does', async () => {
  const content = image('unlinked')
  for (const tag of ['v1', 'v2']) await pushImage(client, 'unlinked', tag, content)
  const revisions = join(repositoryIn(registry.storage, 'unlinked'), '_manifests/revisions/sha256')
  await rm(join(revisions, hexOf(content.root.digest), 'link'))
  expect(await client.headManifest('unlinked', 'v1')).toBeUndefined()
  const reading = await read(registry.storage, 'unlinked')
  expect(reading).toMatchObject({ manifests: [], tags: [], unreadable: [] })
  expect(reading.links).toHaveLength(content.blobs.size)
})

it('takes the sizes of schema-1 layers from the storage, since the manifest states none', async () => {
  const root = await makeRoot()
  const layer = Buffer.alloc(321)
  await writeNew(dataIn(root, digestOf(layer)), layer)
  const absent = digestOf(Buffer.from('absent'))
  const fsLayers = [digestOf(layer), absent, digestOf(layer)].map((blobSum) => ({ blobSum }))
  const digest = await storeManifest(root, 'old', {
    schemaVersion: 1,
    name: 'old',
    tag: 'v1',
    fsLayers,
    history: [],
  })
  const blob = (of: string, size: number) => ({ kind: 'blob', digest: of, size })
  expect((await read(root, 'old')).manifests).toEqual([
    expect.objectContaining({
      digest,
      mediaType: SCHEMA_1_SIGNED,
      references: [blob(digestOf(layer), 321), blob(absent, 0), blob(digestOf(layer), 321)],
    }),
  ])
})

it.each([2 ** 40, 2 ** 48, 2 ** 53, 9e18, -1])('does not believe the size %d', async (size) => {
  const root = await makeRoot()
  const config = { mediaType: 'text/plain', digest: digestOf(Buffer.from('x')), size }
  await storeManifest(root, 'huge', { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] })
  expect(await read(root, 'huge')).toMatchObject({
    manifests: [{ references: [{ kind: 'blob', size: 0 }] }],
    unreadable: [],
  })
})

it('does not read a link file of 1.5 GB or a manifest of more than 4 MiB', async () => {
  const root = await makeRoot()
  const digest = await storeManifest(root, 'large', { schemaVersion: 2, manifests: [] })
  const link = join(repositoryIn(root, 'large'), '_manifests/tags/v1/current/link')
  for (const [file, size] of [
    [link, 1_500_000_000],
    [dataIn(root, digest), 4 * 1024 * 1024 + 1],
  ] as const) {
    await writeNew(file, '')
    await truncate(file, size)
  }
  for (const store of [makeFolderStore({ path: root }), makeFolderView({ path: root })]) {
    const reader = makeStorageReader({ store, place: root })
    const [reading] = await readAll(reader.read({ expected: [] }))
    expect(reading?.unreadable).toEqual([
      { tag: 'v1', reason: 'its link file cannot be read: it has 1500000000 bytes, more than 1024' },
      { digest, reason: 'it has 4194305 bytes, more than 4194304' },
    ])
  }
})

it('reads a repository with the longest possible name', async () => {
  const root = await makeRoot()
  const config = { mediaType: 'text/plain', digest: digestOf(Buffer.from('x')), size: 1 }
  for (const name of ['n'.repeat(255), `${'m/'.repeat(127)}m`]) {
    const digest = await storeManifest(root, name, { schemaVersion: 2, config, layers: [] })
    expect((await read(root, name)).manifests).toMatchObject([{ digest }])
  }
})

it('reports a repository that cannot be read, and reads the others', async () => {
  const root = await makeRoot()
  for (const name of ['a', 'b', 'c']) await storeManifest(root, name, { schemaVersion: 2, manifests: [] })
  await symlink('tags', join(repositoryIn(root, 'b'), '_manifests/tags'))
  const items = await Array.fromAsync(
    readerAt(root).read({ expected: ['b', 'c'].map((name) => inIndex(name)) }),
  )
  expect(items).toMatchObject([
    { repository: 'a', manifests: [{}] },
    { repository: 'b', failure: expect.stringContaining('ELOOP') },
    { repository: 'c', manifests: [{}] },
  ])
})

it('reports a folder that cannot be listed, and reads the expected repositories in it', async () => {
  const root = await makeRoot()
  for (const name of ['a', 'team/old', 'team/new', 'z']) await storeManifest(root, name, { manifests: [] })
  const folder = makeFolderStore({ path: root })
  const folders = async (path: string) => {
    if (path.endsWith('/team/')) throw new Error('EACCES')
    return folder.folders(path)
  }
  const reader = makeStorageReader({ store: { ...folder, folders }, place: 'the lab' })
  expect(await Array.fromAsync(reader.read({ expected: [inIndex('team/old')] }))).toMatchObject([
    { repository: 'a' },
    {
      failure:
        'cannot list the repositories in docker/registry/v2/repositories/team/ of the lab: Error: EACCES',
    },
    { repository: 'team/old', manifests: [{}] },
    { repository: 'z' },
  ])
})

it('opens no folder that comes before the repository it starts after', async () => {
  const root = await makeRoot()
  for (const name of ['a/x', 'b/c', 'b/d', 'c'])
    await storeManifest(root, name, { schemaVersion: 2, manifests: [] })
  const folder = makeFolderStore({ path: root })
  const opened: string[] = []
  const folders = async (path: string) => {
    if (!path.includes('/_')) opened.push(path.slice('docker/registry/v2/repositories/'.length))
    return folder.folders(path)
  }
  const reader = makeStorageReader({ store: { ...folder, folders }, place: root })
  const readings = await readAll(reader.read({ expected: [], after: 'b/c' }))
  expect(readings.map(({ repository }) => repository)).toEqual(['b/d', 'c'])
  expect(new Set(opened)).toEqual(new Set(['', 'b/', 'b/c/', 'b/d/', 'c/']))
})

it('does not return repositories as empty when the whole storage goes away', async () => {
  const root = await makeRoot()
  const names = Array.from({ length: 30 }, (_, n) => `r${String(n).padStart(2, '0')}`)
  for (const name of names) await storeManifest(root, name, { schemaVersion: 2, manifests: [] })
  const [read, failed]: [string[], string[]] = [[], []]
  for await (const item of readerAt(root).read({ expected: names.map((name) => inIndex(name)) })) {
    if ('failure' in item) failed.push(item.failure)
    else if (item.manifests.length === 1) read.push(item.repository)
    else expect.unreachable(`${item.repository} reads as empty`)
    if (failed.length === 0 && read.length === 1) await rename(join(root, 'docker'), join(root, 'unmounted'))
  }
  expect(read.length).toBeGreaterThan(0)
  expect(read.length).toBeLessThan(names.length)
  for (const failure of failed)
    expect(failure).toMatch(/no docker\/registry\/v2\/repositories below|cannot list/)
})

it('fails its check with the place and the missing folder', async () => {
  const root = await makeRoot()
  await readerAt(root).check()
  const inside = join(root, 'docker')
  for (const wrong of [inside, join(root, 'nowhere')])
    await expect(readerAt(wrong).check()).rejects.toThrow(
      `no docker/registry/v2/repositories below ${wrong}: is this the registry's rootdirectory, and has anything been pushed yet?`,
    )
  const reader = makeStorageReader({
    store: { ...makeFolderStore({ path: root }), folders: () => Promise.reject(new Error('EIO')) },
    place: 'the lab',
  })
  await expect(reader.check()).rejects.toThrow('cannot read the lab: Error: EIO')
})
