import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LabImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import { ALLOW_FOREIGN, fillRegistry, heldIn, image } from './filled-registry.ts'
import { nobody, readAll } from './read-all.ts'

let registry: LabRegistry
let client: RegistryClient
let filled: Awaited<ReturnType<typeof fillRegistry>>
beforeAll(async () => {
  registry = await startRegistry({ extra: ALLOW_FOREIGN })
  client = makeRegistryClient({ name: 'lab', url: registry.url })
  filled = await fillRegistry(client)
}, 30_000)
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

const reader = (changed: Partial<RegistryClient> = {}) => makeApiReader({ client: { ...client, ...changed } })
const known = (repository: string, ...images: { root: { digest: string } }[]) => ({
  repository,
  digests: async () => images.map(({ root }) => root.digest),
})
const dataOf = ({ root }: LabImage) => {
  const hex = root.digest.slice('sha256:'.length)
  return join(registry.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
}
/** What is held, as the API can show it. */
const shown = (repository: string, without: LabImage[] = []) => {
  const { manifests = [], tags = [] } = filled.held.get(repository) ?? {}
  const hidden = without.map(({ root }) => root.digest)
  return { manifests: manifests.filter(({ digest }) => !hidden.includes(digest)), tags, links: [] }
}

it('passes its check, and tells nothing of blobs', async () => {
  await reader().check()
  expect(await reader().stored()).toBeUndefined()
  for (const { links } of await readAll(reader().read({ known: [] }))) expect(links).toBeUndefined()
  await expect(reader({ ping: () => Promise.reject(new Error('no')) }).check()).rejects.toThrow('no')
})

it('gives each repository its tags, and the manifests that they lead to', async () => {
  const readings = await readAll(reader().read({ known: [] }))
  expect(readings.map(({ repository }) => repository)).toEqual([...filled.held.keys()])
  for (const reading of readings) {
    const untagged = { 'a/0': [filled.artifact], a0: [filled.two] }[reading.repository] ?? []
    expect(heldIn(reading), reading.repository).toEqual(shown(reading.repository, untagged))
    expect(reading.unreadable).toEqual([])
  }
})

it('finds what the index knows, where no tag leads there, and asks for nothing twice', async () => {
  const asked: string[] = []
  const getManifest = (repository: string, reference: string) => {
    asked.push(`${repository}@${reference}`)
    return client.getManifest(repository, reference)
  }
  const [gone] = filled.deleted
  const readings = await readAll(
    reader({ getManifest }).read({
      known: [
        known('a/0', filled.artifact, filled.three),
        known('a0', filled.two, gone),
        known('gone/some', gone),
        known('lost', filled.one),
      ],
    }),
  )
  expect(readings.map(({ repository }) => repository)).toEqual([
    ...['a-b', 'a/0', 'a', 'a/b', 'a0', 'gone/all', 'gone/some', 'lost', 'odd'],
  ])
  for (const reading of readings) {
    expect(heldIn(reading), reading.repository).toEqual(shown(reading.repository))
    expect(reading.unreadable).toEqual([])
  }
  expect(new Set(asked).size).toBe(asked.length)
})

it('follows an artifact to what it is about', async () => {
  await pushImage(client, 'about', 'note', filled.artifact)
  await pushImage(client, 'about', filled.three.root.digest, filled.three)
  const [reading] = await readAll(reader().read({ known: [], after: 'a0' }))
  expect(reading?.manifests.map(({ digest }) => digest).sort()).toEqual(
    [filled.artifact, filled.three].map(({ root }) => root.digest).sort(),
  )
})

it('does not mind a child that is not there', async () => {
  const [here, missing] = [image('here'), image('missing')]
  const index = makeIndex([
    { image: here, architecture: 'amd64' },
    { image: missing, architecture: 'arm64' },
  ])
  await pushImage(client, 'partial', 'multi', index)
  await client.deleteManifest('partial', missing.root.digest)
  const [reading] = await readAll(reader().read({ known: [], after: 'odd' }))
  expect(reading?.unreadable).toEqual([])
  expect(reading?.manifests.map(({ digest }) => digest).sort()).toEqual(
    [here, index].map(({ root }) => root.digest).sort(),
  )
})

it('gives what the registry fails at as unreadable, tags by name', async () => {
  const [cut, torn] = [image('cut'), image('torn')]
  await pushImage(client, 'zz', 'torn', torn)
  await pushImage(client, 'zz', 'fine', filled.one)
  const headManifest = async (repository: string, reference: string) =>
    reference === 'cut' ? cut.root : client.headManifest(repository, reference)
  await pushImage(client, 'zz', 'cut', cut)
  await writeFile(dataOf(cut), 'x')
  const link = join(registry.storage, 'docker/registry/v2/repositories/zz/_manifests/tags/torn/current/link')
  await writeFile(link, 'no digest')
  const [reading] = await readAll(
    reader({ headManifest }).read({ known: [known('zz', torn)], after: 'partial' }),
  )
  expect(reading?.tags.map(({ tag }) => tag).sort()).toEqual(['cut', 'fine'])
  expect(reading?.manifests.map(({ digest }) => digest).sort()).toEqual(
    [filled.one, torn].map(({ root }) => root.digest).sort(),
  )
  expect(reading?.unreadable).toHaveLength(2)
  expect(reading?.unreadable).toEqual(
    expect.arrayContaining([
      { tag: 'torn', reason: expect.stringContaining('500') },
      { digest: cut.root.digest, reason: expect.stringContaining('500') },
    ]),
  )
  await rm(join(registry.storage, 'docker/registry/v2/repositories/zz'), { recursive: true })
})

it('has no tag that went while it was read', async () => {
  const passing = image('passing')
  await pushImage(client, 'zzz', 'stays', filled.one)
  for (const tag of ['passing', 'passing-too']) await pushImage(client, 'zzz', tag, passing)
  const headManifest = async (repository: string, reference: string) => {
    const found = await client.headManifest(repository, reference)
    if (reference.startsWith('passing')) await client.deleteManifest(repository, passing.root.digest)
    return found
  }
  const [reading] = await readAll(reader({ headManifest }).read({ known: [], after: 'zz' }))
  expect(reading?.tags.map(({ tag }) => tag)).toEqual(['stays'])
  expect(reading?.unreadable).toEqual([])
})

it('says that the catalog is not complete, and reads what it shows and what is known', async () => {
  const error = new RegistryError({ registry: 'lab', operation: 'GET catalog', reason: '', status: 401 })
  async function* catalog() {
    yield 'a/b'
    throw error
  }
  const items = await Array.fromAsync(reader({ catalog }).read({ known: [nobody('a'), nobody('lost')] }))
  expect(items).toMatchObject([
    { failure: 'the catalog is not complete: lab: GET catalog: 401' },
    { repository: 'a', tags: [{}, {}] },
    { repository: 'a/b', tags: [{}] },
    { repository: 'lost', tags: [], manifests: [] },
  ])
})

it('concludes nothing of a repository whose tags cannot be listed, or that stops answering', async () => {
  const refused = new RegistryError({ registry: 'lab', operation: 'tags', reason: '', status: 403 })
  const cut = new RegistryError({
    ...{ registry: 'lab', operation: 'GET', reason: 'connect', codes: ['ECONNREFUSED'] },
  })
  const tags = async function* (repository: string) {
    if (repository === 'a') throw refused
    yield* client.tags(repository)
  }
  const getManifest = async (repository: string, reference: string) => {
    if (repository === 'a/b') throw cut
    return client.getManifest(repository, reference)
  }
  const items = await Array.fromAsync(reader({ tags, getManifest }).read({ known: [] }))
  const failed = items.filter((item) => 'failure' in item)
  expect(failed).toEqual([
    { repository: 'a', failure: 'lab: tags: 403' },
    { repository: 'a/b', failure: 'lab: GET: ECONNREFUSED (connect)' },
  ])
  expect(items.length).toBeGreaterThan(failed.length)
})

it('keeps no more than eight requests in flight, and more than one', async () => {
  let [flying, most] = [0, 0]
  const counted =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      most = Math.max(most, ++flying)
      return call(...args).finally(() => flying--)
    }
  const calls = {
    headManifest: counted(client.headManifest),
    getManifest: counted(client.getManifest),
    headBlob: counted(client.headBlob),
  }
  await pushImage(client, 'many', 't0', filled.one)
  const { bytes, mediaType } =
    filled.one.manifests.get(filled.one.root.digest) ?? expect.unreachable('no bytes')
  for (let n = 1; n < 40; n++) await client.putManifest('many', `t${n}`, bytes, mediaType)
  const readings = await readAll(reader(calls).read({ known: [] }))
  expect(readings.find(({ repository }) => repository === 'many')?.tags).toHaveLength(40)
  expect(most).toBeLessThanOrEqual(8)
  expect(most).toBeGreaterThan(1)
})
