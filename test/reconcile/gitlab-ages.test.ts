import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { makeAgeReader } from '../../src/reconcile/ages.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import { type FakeGitLab, startFakeGitLab } from '../registry/fake-gitlab.ts'
import { builtIn, complete, NOW, readerOf } from './age-bed.ts'
import { builtAt, indexOf } from './dated-image.ts'
import { inIndex } from './read-all.ts'

let gitLab: FakeGitLab
let client: RegistryClient
beforeAll(async () => {
  gitLab = await startFakeGitLab()
  client = makeRegistryClient({ name: 'lab', url: gitLab.url })
})
afterAll(async () => {
  await client?.close()
  await gitLab?.close()
})
beforeEach(() => {
  gitLab.requests.length = 0
})

const BUILT = '2024-01-01T00:00:00Z'
const [one, two, three] = ['1', '2', '3'].map((seed) => builtAt(BUILT, seed)) as [Built, Built, Built]
type Built = ReturnType<typeof builtAt>
const publishedIn = (time: string) => ({ source: 'registry', at: Date.parse(time) * 1000 })
const tag = (name: string, digest: string, published_at: string) => ({
  ...{ name, digest, media_type: '', size_bytes: 1, created_at: published_at, published_at },
})

/** Reads one repository. Returns the ages of its tags and manifests. GitLab lists no repositories. */
async function read(expected = inIndex('group/app'), changed: Partial<RegistryClient> = {}) {
  const items = await Array.fromAsync(readerOf({ ...client, ...changed }).read({ expected: [expected] }))
  const [denied, ...readings] = items
  expect(denied).toMatchObject({ failure: expect.stringContaining('the list of repositories is incomplete') })
  const [reading] = readings.flatMap((item) => ('failure' in item ? [] : [item]))
  return {
    tags: Object.fromEntries(reading?.tags.map(({ tag, age }) => [tag, age]) ?? []),
    ages: new Map(reading?.manifests.map(({ digest, age }) => [digest, age])),
  }
}
const configs = () => gitLab.requests.filter((request) => request.includes('/blobs/'))

it('takes the age of tags and their images from GitLab, and of the others from their configs', async () => {
  const index = indexOf([two, three])
  for (const name of ['v1', 'latest', 'moved']) await pushImage(client, 'group/app', name, one)
  await pushImage(client, 'group/app', 'multi', index)
  gitLab.tags.set('group/app', [
    tag('v1', one.root.digest, '2025-05-01T00:00:00.000Z'),
    tag('latest', one.root.digest, '2025-08-01T00:00:00.000Z'),
    tag('moved', two.root.digest, '2025-02-01T00:00:00.000Z'),
    tag('multi', index.root.digest, '2025-09-01T00:00:00.000Z'),
    tag('gone', three.root.digest, '2025-01-01T00:00:00.000Z'),
  ])
  gitLab.requests.length = 0
  const { tags, ages } = await read()
  expect(tags).toEqual({
    v1: publishedIn('2025-05-01T00:00:00Z'),
    latest: publishedIn('2025-08-01T00:00:00Z'),
    moved: undefined,
    multi: publishedIn('2025-09-01T00:00:00Z'),
  })
  expect(ages).toEqual(
    new Map<string, object>([
      [one.root.digest, publishedIn('2025-05-01T00:00:00Z')],
      [index.root.digest, publishedIn('2025-09-01T00:00:00Z')],
      [two.root.digest, builtIn(BUILT)],
      [three.root.digest, builtIn(BUILT)],
    ]),
  )
  expect(
    configs()
      .map((request) => request.split('/blobs/')[1])
      .sort(),
  ).toEqual([two.config, three.config].sort())
  expect(gitLab.requests.filter((request) => request.endsWith(' /gitlab/v1/'))).toHaveLength(1)

  // A better source comes later, too: the index had the age of the build.
  const again = await read(complete('group/app', [one, two, three, index], [one, two, three, index]))
  expect(again.tags).toEqual(tags)
  expect(again.ages.get(one.root.digest)).toEqual(publishedIn('2025-05-01T00:00:00Z'))
  expect(again.ages.get(two.root.digest)).toBeUndefined()
})

it('asks once in a run whether it is GitLab, and not at all without tags', async () => {
  let asked = 0
  const hasGitLabApi = async () => {
    asked++
    return false
  }
  const names = ['group/a', 'group/b', 'group/c']
  for (const name of names) await pushImage(client, name, 'v1', one)
  const run = (expected: string[]) =>
    Array.fromAsync(
      readerOf({ ...client, async *catalog() {}, hasGitLabApi }).read({
        expected: expected.map((name) => inIndex(name)),
      }),
    )
  await run(['group/nothing'])
  expect(asked).toBe(0)
  await run(names)
  await run(names)
  expect(asked).toBe(2)
})

it.each([
  ['is not known', new RegistryError({ registry: 'lab', operation: 'GET', reason: '', status: 404 })],
  ['is no list', new RegistryError({ registry: 'lab', operation: 'GET', reason: 'no list' })],
])('a list that %s tells no age: configs do', async (_, error) => {
  const publishedTags = async function* () {
    yield { tag: 'v1', digest: one.root.digest, publishedAt: 1_795_000_000_000_000 }
    throw error
  }
  await pushImage(client, 'group/failing', 'v1', one)
  const { tags, ages } = await read(inIndex('group/failing'), { publishedTags })
  expect(tags).toEqual({ v1: undefined })
  expect(ages).toEqual(new Map([[one.root.digest, builtIn(BUILT)]]))
})

const failing = (facts: { status?: number; codes?: string[] }) =>
  new RegistryError({ registry: 'lab', operation: 'GET', reason: '', retry: true, ...facts })

it.each([{ status: 503 }, { status: 429 }, { codes: ['ECONNRESET'] }])(
  'no age is told while GitLab fails with %j: the next run asks again',
  async (facts) => {
    await pushImage(client, 'group/passing', 'v1', one)
    gitLab.tags.set('group/passing', [tag('v1', one.root.digest, '2025-05-01T00:00:00Z')])
    gitLab.requests.length = 0
    const publishedTags = async function* () {
      yield { tag: 'v1', digest: one.root.digest, publishedAt: 1_795_000_000_000_000 }
      throw failing(facts)
    }
    const hasGitLabApi = async () => {
      throw failing(facts)
    }
    for (const changed of [{ publishedTags }, { hasGitLabApi }]) {
      const { tags, ages } = await read(inIndex('group/passing'), changed)
      expect(tags).toEqual({ v1: undefined })
      expect(ages).toEqual(new Map([[one.root.digest, undefined]]))
    }
    expect(configs()).toEqual([])
    expect((await read(inIndex('group/passing'))).tags).toEqual({ v1: publishedIn('2025-05-01T00:00:00Z') })
  },
)

it('asks at the next repository whether it is GitLab if that could not be told, up to ten times', async () => {
  const names = Array.from({ length: 14 }, (_, n) => `group/p${String(n).padStart(2, '0')}`)
  const reading = (repository: string) => ({
    ...{ repository, unreadable: [], links: undefined, absent: [] },
    tags: [{ tag: 'v1', digest: one.root.digest }],
    manifests: [{ ...one.root, references: undefined }],
  })
  // This manifest has no config: its annotation tells a time without a request.
  const looked = () => ({
    builds: new Map([[one.root.digest, { at: NOW - 1, children: [] }]]),
    known: new Map(),
  })
  for (const failures of [2, Number.POSITIVE_INFINITY]) {
    let asked = 0
    const hasGitLabApi = async () => {
      if (asked++ < failures) throw failing({ status: 503 })
      return false
    }
    const ages = makeAgeReader({ client: { ...client, hasGitLabApi }, now: () => NOW })
    const found = []
    for (const name of names) {
      const { manifests } = await ages.withAges(reading(name), looked(), { concurrency: 1 })
      found.push(manifests[0]?.age !== undefined)
    }
    expect(found).toEqual(names.map((_, n) => n >= failures))
    expect(asked).toBe(Math.min(failures + 1, 10))
  }
})

it('a time of GitLab before 2013 is no age, and one after now is now', async () => {
  await pushImage(client, 'group/odd', 'zero', one)
  await pushImage(client, 'group/odd', 'ahead', two)
  gitLab.tags.set('group/odd', [
    tag('ahead', two.root.digest, '2026-11-26T00:00:05Z'),
    tag('zero', one.root.digest, '1970-01-01T00:00:00Z'),
  ])
  const { tags, ages } = await read(inIndex('group/odd'))
  const now = { source: 'registry', at: NOW }
  expect(tags).toEqual({ zero: undefined, ahead: now })
  expect(ages).toEqual(
    new Map<string, object>([
      [one.root.digest, builtIn(BUILT)],
      [two.root.digest, now],
    ]),
  )
})

it('an image whose tag could not be read is as old as GitLab says', async () => {
  await pushImage(client, 'group/torn', 'v1', one)
  gitLab.tags.set('group/torn', [tag('v1', one.root.digest, '2025-05-01T00:00:00Z')])
  const headManifest: RegistryClient['headManifest'] = async (repository, reference) => {
    if (reference === 'v1') throw failing({ status: 500 })
    return client.headManifest(repository, reference)
  }
  const { tags, ages } = await read(complete('group/torn', [one], []), { headManifest })
  expect(tags).toEqual({})
  expect(ages).toEqual(new Map([[one.root.digest, publishedIn('2025-05-01T00:00:00Z')]]))
})
