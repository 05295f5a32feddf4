import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LabImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import { ALLOW_FOREIGN, contentsOf, fillRegistry, image } from './filled-registry.ts'
import { inIndex, readAll } from './read-all.ts'

let registry: LabRegistry
let client: RegistryClient
let filled: Awaited<ReturnType<typeof fillRegistry>>
beforeAll(async () => {
  registry = await startRegistry({ extra: ALLOW_FOREIGN })
  client = makeRegistryClient({ name: 'lab', url: registry.url })
  filled = await fillRegistry(client)
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

const reader = (changed: Partial<RegistryClient> = {}) => makeApiReader({ client: { ...client, ...changed } })
const expectedWith = (repository: string, ...images: { root: { digest: string } }[]) =>
  inIndex(
    repository,
    images.map(({ root }) => root.digest),
  )
const dataOf = ({ root }: LabImage) => {
  const hex = root.digest.slice('sha256:'.length)
  return join(registry.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
}
/** What the API can show of a repository: without links, and without the `untagged` images. */
const shownOf = (repository: string, untagged: LabImage[] = []) => {
  const { manifests = [], tags = [] } = filled.contents.get(repository) ?? {}
  const hidden = untagged.map(({ root }) => root.digest)
  return { manifests: manifests.filter(({ digest }) => !hidden.includes(digest)), tags, links: [] }
}

it('passes its check, and does not see blobs', async () => {
  await reader().check()
  expect(await reader().countBlobs()).toBeUndefined()
  for (const { links } of await readAll(reader().read({ expected: [] }))) expect(links).toBeUndefined()
  await expect(reader({ ping: () => Promise.reject(new Error('no')) }).check()).rejects.toThrow('no')
})

it('reads the tags of each repository, and the manifests that they lead to', async () => {
  const readings = await readAll(reader().read({ expected: [] }))
  expect(readings.map(({ repository }) => repository)).toEqual([...filled.contents.keys()])
  for (const reading of readings) {
    const untagged = { 'a/0': [filled.artifact], a0: [filled.two] }[reading.repository] ?? []
    expect(contentsOf(reading), reading.repository).toEqual(shownOf(reading.repository, untagged))
    expect(reading.unreadable).toEqual([])
  }
})

it('finds untagged manifests that the index has, and requests none twice', async () => {
  const requested: string[] = []
  const getManifest = (repository: string, reference: string) => {
    requested.push(`${repository}@${reference}`)
    return client.getManifest(repository, reference)
  }
  const [gone] = filled.deleted
  const readings = await readAll(
    reader({ getManifest }).read({
      expected: [
        expectedWith('a/0', filled.artifact, filled.three),
        expectedWith('a0', filled.two, gone),
        expectedWith('gone/some', gone),
        expectedWith('lost', filled.one),
      ],
    }),
  )
  expect(readings.map(({ repository }) => repository)).toEqual([
    ...['a-b', 'a/0', 'a', 'a/b', 'a0', 'gone/all', 'gone/some', 'lost', 'odd'],
  ])
  for (const reading of readings) {
    expect(contentsOf(reading), reading.repository).toEqual(shownOf(reading.repository))
    expect(reading.unreadable).toEqual([])
  }
  expect(new Set(requested).size).toBe(requested.length)
})

it('follows an artifact to its subject', async () => {
  await pushImage(client, 'about', 'note', filled.artifact)
  await pushImage(client, 'about', filled.three.root.digest, filled.three)
  const [reading] = await readAll(reader().read({ expected: [], after: 'a0' }))
  expect(reading?.manifests.map(({ digest }) => digest).sort()).toEqual(
    [filled.artifact, filled.three].map(({ root }) => root.digest).sort(),
  )
})

it('ignores a child that does not exist', async () => {
  const [here, missing] = [image('here'), image('missing')]
  const index = makeIndex([
    { image: here, architecture: 'amd64' },
    { image: missing, architecture: 'arm64' },
  ])
  await pushImage(client, 'partial', 'multi', index)
  await client.deleteManifest('partial', missing.root.digest)
  const [reading] = await readAll(reader().read({ expected: [], after: 'odd' }))
  expect(reading?.unreadable).toEqual([])
  expect(reading?.manifests.map(({ digest }) => digest).sort()).toEqual(
    [here, index].map(({ root }) => root.digest).sort(),
  )
})

it('reports tags and manifests for which the registry fails as unreadable', async () => {
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
    reader({ headManifest }).read({ expected: [expectedWith('zz', torn)], after: 'partial' }),
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

it('leaves out a tag that was deleted while its repository was read', async () => {
  const passing = image('passing')
  await pushImage(client, 'zzz', 'stays', filled.one)
  for (const tag of ['passing', 'passing-too']) await pushImage(client, 'zzz', tag, passing)
  const headManifest = async (repository: string, reference: string) => {
    const found = await client.headManifest(repository, reference)
    if (reference.startsWith('passing')) await client.deleteManifest(repository, passing.root.digest)
    return found
  }
  const [reading] = await readAll(reader({ headManifest }).read({ expected: [], after: 'zz' }))
  expect(reading?.tags.map(({ tag }) => tag)).toEqual(['stays'])
  expect(reading?.unreadable).toEqual([])
})

it('reports an incomplete catalog, and reads the listed and the expected repositories', async () => {
  const error = new RegistryError({ registry: 'lab', operation: 'GET catalog', reason: '', status: 401 })
  async function* catalog() {
    yield 'a/b'
    throw error
  }
  const items = await Array.fromAsync(reader({ catalog }).read({ expected: [inIndex('a'), inIndex('lost')] }))
  expect(items).toMatchObject([
    {
      failure: expect.stringMatching(
        /^the list of repositories is incomplete: lab: GET catalog: 401.* `gitlab` or `repositories`$/,
      ),
    },
    { repository: 'a', tags: [{}, {}] },
    { repository: 'a/b', tags: [{}] },
    { repository: 'lost', tags: [], manifests: [] },
  ])
})

it('reports a repository as failed if its tags cannot be listed or the registry stops answering', async () => {
  const refused = new RegistryError({ registry: 'lab', operation: 'tags', reason: '', status: 403 })
  const cut = new RegistryError({
    registry: 'lab',
    operation: 'GET',
    reason: 'connect',
    codes: ['ECONNREFUSED'],
  })
  const tags = async function* (repository: string) {
    if (repository === 'a') throw refused
    yield* client.tags(repository)
  }
  const getManifest = async (repository: string, reference: string) => {
    if (repository === 'a/b') throw cut
    return client.getManifest(repository, reference)
  }
  const items = await Array.fromAsync(reader({ tags, getManifest }).read({ expected: [] }))
  const failed = items.filter((item) => 'failure' in item)
  expect(failed).toEqual([
    { repository: 'a', failure: 'lab: tags: 403' },
    { repository: 'a/b', failure: 'lab: GET: ECONNREFUSED (connect)' },
  ])
  expect(items.length).toBeGreaterThan(failed.length)
})

it('sends at most eight requests at a time, and more than four', async () => {
  let [running, most] = [0, 0]
  const counted =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      most = Math.max(most, ++running)
      return call(...args).finally(() => running--)
    }
  const calls = {
    headManifest: counted(client.headManifest),
    getManifest: counted(client.getManifest),
    headBlob: counted(client.headBlob),
  }
  const { bytes, mediaType } =
    filled.one.manifests.get(filled.one.root.digest) ?? expect.unreachable('no bytes')
  for (const repository of ['many', 'many-more']) {
    await pushImage(client, repository, 't0', filled.one)
    for (let n = 1; n < 40; n++) await client.putManifest(repository, `t${n}`, bytes, mediaType)
  }
  const readings = await readAll(reader(calls).read({ expected: [] }))
  expect(readings.find(({ repository }) => repository === 'many')?.tags).toHaveLength(40)
  expect(most).toBeLessThanOrEqual(8)
  expect(most).toBeGreaterThan(4)
})

it('reads nothing more when the caller stops, and reports no failure of what was at work', async () => {
  const opened: string[] = []
  let [running, failed] = [0, 0]
  async function* tags(repository: string): AsyncGenerator<string> {
    opened.push(repository)
    if (opened.length === 1) {
      yield 'absent'
      return
    }
    running++
    await sleep(20)
    running--
    failed++
    throw new Error(`${repository} cannot be read`)
  }
  async function* catalog() {
    for (let n = 10; n < 40; n++) yield `r${n}`
  }
  const calls = { catalog, tags, headManifest: async () => undefined }
  for await (const item of reader(calls).read({ expected: [] })) {
    expect(item).toMatchObject({ repository: 'r10', tags: [] })
    break
  }
  const openedBefore = [...opened]
  await expect.poll(() => running).toBe(0)
  await sleep(50)
  expect(failed).toBeGreaterThan(0)
  expect(opened).toEqual(openedBefore)
  expect(opened.length).toBeLessThanOrEqual(5)
})
