import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
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
import { image } from './filled-registry.ts'
import { nobody, readAll } from './read-all.ts'

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

const readerOf = (path: string) => makeStorageReader({ store: makeFolderStore({ path }), place: path })
const repositoryIn = (root: string, name: string) => join(root, 'docker/registry/v2/repositories', name)
const hexOf = (digest: string) => digest.slice('sha256:'.length)
const dataIn = (root: string, digest: string) =>
  join(root, 'docker/registry/v2/blobs/sha256', hexOf(digest).slice(0, 2), hexOf(digest), 'data')

async function read(root: string, repository: string) {
  const [reading] = (await readAll(readerOf(root).read({ known: [] }))).filter(
    (one) => one.repository === repository,
  )
  if (reading === undefined) throw new Error(`${repository} was not read`)
  return reading
}

/** A storage that no registry wrote. */
async function makeRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tallyman-storage-'))
  folders.push(root)
  await mkdir(repositoryIn(root, ''), { recursive: true })
  return root
}

async function put(file: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}

/** Stores a manifest as a registry does; resolves to its digest. */
async function store(root: string, repository: string, body: object): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(body))
  const digest = digestOf(bytes)
  await put(dataIn(root, digest), bytes)
  await put(
    join(repositoryIn(root, repository), '_manifests/revisions/sha256', hexOf(digest), 'link'),
    digest,
  )
  return digest
}

it('gives what cannot be read as unreadable, and all else', async () => {
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
      { tag: 'torn', reason: 'its link holds "" and no digest' },
      { digest: cut.root.digest, reason: 'its content, 18 bytes, does not hash to it' },
      { digest: lost.root.digest, reason: 'its content is not in the storage' },
    ]),
  )
  expect(reading.tags.map(({ tag }) => tag).sort()).toEqual(['cut', 'fine', 'lost'])
})

it('has no tag whose digest is no manifest there, as the registry has none', async () => {
  const content = image('unlinked')
  for (const tag of ['v1', 'v2']) await pushImage(client, 'unlinked', tag, content)
  const revisions = join(repositoryIn(registry.storage, 'unlinked'), '_manifests/revisions/sha256')
  await rm(join(revisions, hexOf(content.root.digest), 'link'))
  expect(await client.headManifest('unlinked', 'v1')).toBeUndefined()
  const reading = await read(registry.storage, 'unlinked')
  expect(reading).toMatchObject({ manifests: [], tags: [], unreadable: [] })
  expect(reading.links).toHaveLength(content.blobs.size)
})

it('measures the layers of schema 1 in the storage, once each, since it states no sizes', async () => {
  const root = await makeRoot()
  const layer = Buffer.alloc(321)
  await put(dataIn(root, digestOf(layer)), layer)
  const absent = digestOf(Buffer.from('absent'))
  const fsLayers = [digestOf(layer), absent, digestOf(layer)].map((blobSum) => ({ blobSum }))
  const digest = await store(root, 'old', { schemaVersion: 1, name: 'old', tag: 'v1', fsLayers, history: [] })
  const blob = (of: string, size: number) => ({ kind: 'blob', digest: of, size })
  expect((await read(root, 'old')).manifests).toEqual([
    expect.objectContaining({
      ...{ digest, mediaType: SCHEMA_1_SIGNED },
      references: [blob(digestOf(layer), 321), blob(absent, 0), blob(digestOf(layer), 321)],
    }),
  ])
})

it('does not take a manifest at its word for a size that cannot be', async () => {
  const root = await makeRoot()
  const config = { mediaType: 'text/plain', digest: digestOf(Buffer.from('x')), size: 2 ** 50 }
  const digest = await store(root, 'huge', { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] })
  expect(await read(root, 'huge')).toMatchObject({
    manifests: [],
    unreadable: [{ digest, reason: 'it states a size that cannot be' }],
  })
})

it('reads a repository whose name is as long as names can be', async () => {
  const root = await makeRoot()
  const config = { mediaType: 'text/plain', digest: digestOf(Buffer.from('x')), size: 1 }
  for (const name of ['n'.repeat(255), `${'m/'.repeat(127)}m`]) {
    const digest = await store(root, name, { schemaVersion: 2, config, layers: [] })
    expect((await read(root, name)).manifests).toMatchObject([{ digest }])
  }
})

it('says of a repository that it could not be read, and reads the others', async () => {
  const root = await makeRoot()
  for (const name of ['a', 'b', 'c']) await store(root, name, { schemaVersion: 2, manifests: [] })
  await symlink('tags', join(repositoryIn(root, 'b'), '_manifests/tags'))
  const items = await Array.fromAsync(readerOf(root).read({ known: ['b', 'c'].map(nobody) }))
  expect(items).toMatchObject([
    { repository: 'a', manifests: [{}] },
    { repository: 'b', failure: expect.stringContaining('ELOOP') },
    { repository: 'c', manifests: [{}] },
  ])
})

it('says which folder it could not look for repositories in, and reads the known ones in it', async () => {
  const root = await makeRoot()
  for (const name of ['a', 'team/known', 'team/new', 'z']) await store(root, name, { manifests: [] })
  const folder = makeFolderStore({ path: root })
  const folders = async (path: string) => {
    if (path.endsWith('/team/')) throw new Error('EACCES')
    return folder.folders(path)
  }
  const reader = makeStorageReader({ store: { ...folder, folders }, place: 'the lab' })
  expect(await Array.fromAsync(reader.read({ known: [nobody('team/known')] }))).toMatchObject([
    { repository: 'a' },
    {
      failure:
        'cannot list the repositories in docker/registry/v2/repositories/team/ of the lab: Error: EACCES',
    },
    { repository: 'team/known', manifests: [{}] },
    { repository: 'z' },
  ])
})

it('opens no folder that comes before where it goes on', async () => {
  const root = await makeRoot()
  for (const name of ['a/x', 'b/c', 'b/d', 'c']) await store(root, name, { schemaVersion: 2, manifests: [] })
  const folder = makeFolderStore({ path: root })
  const opened: string[] = []
  const folders = async (path: string) => {
    if (!path.includes('/_')) opened.push(path.slice('docker/registry/v2/repositories/'.length))
    return folder.folders(path)
  }
  const reader = makeStorageReader({ store: { ...folder, folders }, place: root })
  const readings = await readAll(reader.read({ known: [], after: 'b/c' }))
  expect(readings.map(({ repository }) => repository)).toEqual(['b/d', 'c'])
  expect(new Set(opened)).toEqual(new Set(['', 'b/', 'b/c/', 'b/d/', 'c/']))
})

it('takes no repository for lost when the whole storage went away', async () => {
  const root = await makeRoot()
  const names = Array.from({ length: 30 }, (_, n) => `r${String(n).padStart(2, '0')}`)
  for (const name of names) await store(root, name, { schemaVersion: 2, manifests: [] })
  const [read, failed]: [string[], string[]] = [[], []]
  for await (const item of readerOf(root).read({ known: names.map(nobody) })) {
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

it('names the place that is no storage of a registry, and what was expected there', async () => {
  const root = await makeRoot()
  await readerOf(root).check()
  const inside = join(root, 'docker')
  for (const wrong of [inside, join(root, 'nowhere')])
    await expect(readerOf(wrong).check()).rejects.toThrow(
      `no docker/registry/v2/repositories below ${wrong}: is this the registry's rootdirectory?`,
    )
  const reader = makeStorageReader({
    store: { ...makeFolderStore({ path: root }), folders: () => Promise.reject(new Error('EIO')) },
    place: 'the lab',
  })
  await expect(reader.check()).rejects.toThrow('cannot read the lab: Error: EIO')
})
