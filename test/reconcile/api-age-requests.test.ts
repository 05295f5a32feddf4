import { expect, it } from 'vitest'
import type { LabImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeNormalise } from '../../src/events/normalise.ts'
import { makeAgeReader } from '../../src/reconcile/ages.ts'
import type { ExpectedManifest } from '../../src/reconcile/reading.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import type { Age } from '../../src/usage/age.ts'
import { startServer } from '../registry/scripted-server.ts'
import {
  builtIn,
  complete,
  expectedOf,
  known,
  NOW,
  readerOf,
  undated,
  unknown,
  useAgeBed,
} from './age-bed.ts'
import { builtAt, imageWith, indexOf } from './dated-image.ts'
import { inIndex, readAll } from './read-all.ts'

const bed = useAgeBed()
const { agesIn, fetched } = bed
const TIME = '2025-01-01T00:00:00Z'

it('a config is fetched once: not again when the index has the age', async () => {
  const [plain, annotated] = [
    builtAt(TIME, 'once'),
    imageWith({ config: '{}', configType: 'application/x', annotated: '2025-02-02T00:00:00Z' }),
  ]
  const images = [plain, annotated]
  for (const [n, one] of images.entries()) await pushImage(bed.client, 'once', `v${n}`, one)
  const digests = images.map(({ root }) => root.digest).sort()
  bed.registry.reset()

  await agesIn('once')
  expect(fetched()).toEqual([...digests, plain.config].sort())

  // The index has all of them but their ages.
  expect(await agesIn('once', complete('once', images, []))).toEqual(
    new Map([
      [plain.root.digest, builtIn(TIME)],
      [annotated.root.digest, builtIn('2025-02-02T00:00:00Z')],
    ]),
  )
  expect(fetched()).toEqual([...digests, plain.config].sort())

  expect([...(await agesIn('once', complete('once', images, images))).values()]).toEqual([
    undefined,
    undefined,
  ])
  expect(fetched()).toEqual([])

  // The index has the ages, but not the references.
  const manifests = images.map(({ root }) => ({ ...root, isComplete: false, age: known }))
  await agesIn('once', expectedOf('once', manifests))
  expect(fetched()).toEqual(digests)
})

it('no more ages are asked for after ten failures, and everything else is read', async () => {
  const images = Array.from({ length: 14 }, (_, n) => builtAt(TIME, `fails-${n}`))
  for (const [n, one] of images.entries()) await pushImage(bed.client, 'fails', `v${n}`, one)
  for (const fault of ['drop', 500] as const) {
    bed.registry.reset()
    bed.registry.onRequest(({ method, path }) =>
      method === 'GET' && path.includes('/blobs/') ? fault : undefined,
    )
    const ages = [...(await agesIn('fails')).values()]
    expect(ages).toEqual(images.map(() => undefined))
    // Up to three more requests were on their way when the tenth failed.
    const asked = new Set(bed.registry.requests.filter((one) => one.includes('/blobs/')))
    expect([10, 11, 12, 13]).toContain(asked.size)
  }
  bed.registry.reset()
  expect([...(await agesIn('fails')).values()]).toEqual(images.map(() => builtIn(TIME)))
})

it('ten failed answers end the requests for one repository, and ten without an answer for all', async () => {
  const images = Array.from({ length: 14 }, (_, n) => builtAt(TIME, `first-${n}`))
  const other = builtAt(TIME, 'other')
  const stand = holding([...images, other])
  const errors = [
    [{ status: 500, codes: [] }, builtIn(TIME)],
    [{ codes: ['ECONNREFUSED'] }, undefined],
  ] satisfies [object, Age | undefined][]
  for (const [facts, age] of errors) {
    let failed = 0
    const getConfig: RegistryClient['getConfig'] = async (repository, digest) => {
      if (repository === 'z') return stand.getConfig(repository, digest)
      failed++
      throw new RegistryError({ registry: 'lab', operation: 'GET', reason: '', retry: true, ...facts })
    }
    const reader = makeAgeReader({ client: { ...stand, getConfig }, now: () => NOW })
    const read = (repository: string, some: LabImage[]) =>
      reader.withAges(
        {
          ...{ repository, unreadable: [], tags: [], links: undefined, absent: [] },
          manifests: some.map(({ root }) => ({ ...root, references: undefined })),
        },
        { builds: new Map(), known: new Map() },
        { concurrency: 1 },
      )
    await read('a', images)
    expect(failed).toBe(10)
    const { manifests } = await read('z', [other])
    expect(manifests[0]?.age).toEqual(age)
  }
})

/** A registry that holds these images under the tag `v1`. To push thousands to a real one takes minutes. */
function holding(images: LabImage[], changed: Partial<RegistryClient> = {}): RegistryClient {
  const byDigest = new Map(images.map((one) => [one.root.digest, one]))
  const configs = new Map(images.flatMap(({ blobs }) => [...blobs]))
  return {
    ...bed.client,
    hasGitLabApi: async () => false,
    async *catalog() {},
    async *tags() {
      yield 'v1'
    },
    headManifest: async (_, reference) =>
      reference === 'v1' ? images[0]?.root : byDigest.get(reference)?.root,
    getManifest: async (_, digest) => {
      const one = byDigest.get(digest)
      const bytes = one?.manifests.get(digest)?.bytes
      return one && bytes && { descriptor: one.root, bytes }
    },
    getConfig: async (_, digest) => configs.get(digest) ?? expect.unreachable('no config'),
    ...changed,
  }
}

it.each(['complete', 'incomplete'])(
  'one run asks for the ages of 2,000 images that are %s in the index',
  async (word) => {
    const images = Array.from({ length: 2_003 }, (_, n) => builtAt(TIME, `many-${n}`))
    let configs = 0
    const stand = holding(images)
    const getConfig: RegistryClient['getConfig'] = (...asked) => {
      configs++
      return stand.getConfig(...asked)
    }
    const reader = readerOf({ ...stand, async *tags() {}, getConfig })

    /** Reads the images, half of them in each of two repositories. Returns the digests of those without an age. */
    async function run(isDated: (digest: string) => boolean): Promise<string[]> {
      configs = 0
      const manifests = images.map(
        ({ root }): ExpectedManifest => ({
          ...root,
          isComplete: word === 'complete',
          age: isDated(root.digest) ? known : unknown,
        }),
      )
      const expected = [manifests.slice(0, 1_000), manifests.slice(1_000)].map((some, n) =>
        expectedOf(`many/${n}`, some),
      )
      const read = (await readAll(reader.read({ expected }))).flatMap((reading) => reading.manifests)
      expect(read).toHaveLength(images.length)
      return read.filter(({ age }) => age === undefined).map(({ digest }) => digest)
    }

    const left = await run(() => false)
    expect([configs, left.length]).toEqual([2_000, 3])
    expect(await run((digest) => !left.includes(digest))).toHaveLength(2_000)
    expect(configs).toBe(3)
  },
)

it('an index with more than 100 manifests below it has no time', async () => {
  const children = Array.from({ length: 101 }, (_, n) => builtAt(TIME, `large-${n}`))
  const allowed = indexOf(children.slice(1))
  for (const [index, age] of [
    [indexOf(children), undated],
    [indexOf(children, '2024-01-01T00:00:00Z'), undated],
    [indexOf([allowed]), undated],
    [allowed, builtIn(TIME)],
  ] as const) {
    const reader = readerOf(holding([index, allowed, ...children]))
    const [reading] = await readAll(reader.read({ expected: [inIndex('large')] }))
    expect(reading?.manifests.find(({ digest }) => digest === index.root.digest)?.age).toEqual(age)
  }
})

/** Indexes, each of which lists the one before. The first lists `image`. */
function nested(image: LabImage, levels: number): LabImage[] {
  const indexes: LabImage[] = []
  for (let n = 0; n < levels; n++) {
    const { root, manifests } = indexOf([indexes.at(-1) ?? image])
    const own = manifests.get(root.digest) ?? expect.unreachable()
    indexes.push({ root, manifests: new Map([[root.digest, own]]), blobs: new Map() })
  }
  return indexes
}

it('an index has an age if it has at most ten levels, and 3,500 levels can be read', async () => {
  const image = builtAt(TIME, 'deep')
  const indexes = nested(image, 3_500)
  const reader = makeAgeReader({ client: holding([image]), now: () => NOW })
  const { manifests } = await reader.withAges(
    {
      ...{ repository: 'deep', unreadable: [], tags: [], links: undefined, absent: [] },
      manifests: [image, ...indexes].map(({ root }) => ({ ...root, references: undefined })),
    },
    {
      builds: new Map(
        indexes.map(({ root }, n) => [root.digest, { children: [(indexes[n - 1] ?? image).root.digest] }]),
      ),
      known: new Map(),
    },
    { concurrency: 4 },
  )
  const ages = manifests.map(({ age }) => age)
  expect(ages.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => builtIn(TIME)))
  expect(ages.slice(11)).toEqual(Array.from({ length: 3_490 }, () => undated))
})

it('an index with an annotation waits for its images', async () => {
  const child = builtAt(TIME, 'waits')
  const index = indexOf([child], '2024-01-01T00:00:00Z')
  const getConfig = async () => {
    throw new RegistryError({ registry: 'lab', operation: 'GET', reason: '', status: 503, retry: true })
  }
  const reader = readerOf(holding([index, child], { getConfig }))
  const [reading] = await readAll(reader.read({ expected: [inIndex('waits')] }))
  expect(reading?.manifests.map(({ age }) => age)).toEqual([undefined, undefined])
})

it('an index is asked again later if one of its images could not be read or was not asked', async () => {
  const children = [builtAt(TIME, 'here'), builtAt(TIME, 'not here')]
  const index = indexOf(children)
  const images = [index, ...children]
  const whole = holding(images)
  const broken = children[1]?.root.digest
  const cut: Partial<RegistryClient> = {
    getManifest: async (repository, digest) => {
      const found = await whole.getManifest(repository, digest)
      return found && (digest === broken ? { ...found, bytes: Buffer.from('{') } : found)
    },
  }
  const silent: Partial<RegistryClient> = {
    async getConfig(repository, digest) {
      if (digest !== children[1]?.config) return whole.getConfig(repository, digest)
      throw new RegistryError({ registry: 'lab', operation: 'GET', reason: '', codes: ['ETIMEDOUT'] })
    },
  }
  for (const changed of [cut, silent]) {
    const [reading] = await readAll(readerOf(holding(images, changed)).read({ expected: [inIndex('torn')] }))
    const ageOf = (image?: LabImage) =>
      reading?.manifests.find(({ digest }) => digest === image?.root.digest)?.age
    expect([ageOf(index), ageOf(children[0])]).toEqual([undefined, builtIn(TIME)])
  }
})

it('to fetch a config is no use of an image', async () => {
  const bodies: string[] = []
  const receiver = await startServer(({ body }, response) => {
    bodies.push(body)
    response.end()
  })
  const registry = await startRegistry({ notify: { url: receiver.url, token: 't' } })
  const client = makeRegistryClient({ name: 'lab', url: registry.url })
  try {
    const one = builtAt(TIME)
    await pushImage(client, 'told', 'v1', one)
    await registry.untilDelivered()
    bodies.length = 0
    await readAll(readerOf(client).read({ expected: [] }))
    await registry.untilDelivered()
    const events = bodies.flatMap((body) => JSON.parse(body).events)
    expect(events.map(({ action, target }) => [action, target.digest])).toContainEqual(['pull', one.config])
    const normalise = makeNormalise({ isScanner: () => false, actors: true })
    const now = Date.now() * 1000
    for (const event of events) expect(normalise(event, now, now)).toEqual({ ignored: 'pull by Tallyman' })
  } finally {
    await client.close()
    await registry.close()
    await receiver.close()
  }
})
