import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type LabImage,
  makeBuildKitCache,
  makeImage,
  makeIndex,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../../lab/image.ts'
import { useRedis } from '../../../lab/use-redis.ts'
import { makeDetails, type ReadBudget } from '../../../src/expiry/details/make-details.ts'
import { image, NOW, useExpiry } from '../expire-bed.ts'

/** What is read of images, from a real registry into a real Redis. */
const bed = useExpiry()
const cache = useRedis()
const REVISION = 'org.opencontainers.image.revision'
const HOUR = 3_600_000_000

function setUp({ isCache = false } = {}) {
  const { repository, project, registry } = bed
  const { index, push } = bed.setUp()
  let now = NOW
  const details = makeDetails({
    ...{ redis: cache.redis, prefix: 't', now: () => now },
    clientOf: () => (isCache ? undefined : bed.client),
  })
  const request = async (labels: boolean) => ({
    ...{ registry: 'ci', project, repository, wants: { labels } },
    images: await index.images(project, repository),
  })
  return {
    ...{ index, project, repository, details },
    push: (tag: string, pushed: LabImage) => push(tag, pushed, repository),
    async read({ labels = true, budget }: { labels?: boolean; budget?: ReadBudget } = {}) {
      const found = await details.of(await request(labels), budget)
      // Each test says what it expects of these requests, and begins anew.
      const requests = registry.requests.splice(0).map((line) => line.replace(`/v2/${repository}/`, ''))
      return { found, requests }
    },
    known: async () => details.known(await request(true)),
    pass(us: number) {
      now += us
    },
  }
}
type Bed = ReturnType<typeof setUp>

const oneOf = async ({ read }: Bed, { root }: LabImage, options = {}) =>
  (await read(options)).found.get(root.digest)

test('an image is read once: its manifest, and its config for the labels', async () => {
  const it = setUp()
  const pushed = image('a')
  await it.push('v1', pushed)
  expect((await it.known()).size).toBe(0)
  const first = await it.read()
  expect(first.found.get(pushed.root.digest)).toEqual({
    ...{ kind: 'image', mediaType: OCI_MANIFEST, artifactType: undefined, annotations: {} },
    ...{ configMediaType: 'application/vnd.oci.image.config.v1+json', labels: { [REVISION]: 'a' } },
  })
  expect(first.requests).toEqual([
    `GET manifests/${pushed.root.digest}`,
    expect.stringMatching(/^GET blobs\/sha256:/),
  ])
  expect(await it.read()).toEqual({ found: first.found, requests: [] })
  expect(await it.known()).toEqual(first.found)
})

test('a config is read only where labels are wanted, also later', async () => {
  const it = setUp()
  await it.push('v1', image('a'))
  await it.push('cache', makeBuildKitCache([{ seed: 'a', bytes: 100 }]))
  const { found, requests } = await it.read({ labels: false })
  expect([...found.values()].map(({ kind, labels }) => ({ kind, labels }))).toEqual(
    expect.arrayContaining([
      { kind: 'image', labels: undefined },
      { kind: 'buildkit-cache', labels: {} },
    ]),
  )
  expect(requests.filter((line) => !line.startsWith('GET manifests/'))).toEqual([])
  const later = await it.read()
  expect(later.requests.filter((line) => line.startsWith('GET blobs/'))).toHaveLength(1)
  expect([...later.found.values()].map(({ labels }) => labels)).toEqual(
    expect.arrayContaining([{ [REVISION]: 'a' }, {}]),
  )
})

test('an index has the labels that all its images share, once they are all known', async () => {
  const it = setUp()
  const platform = (architecture: string, label: string) => ({
    ...{
      architecture,
      image: makeImage({ layers: [{ seed: architecture, bytes: 100 }], architecture, label }),
    },
  })
  const same = makeIndex([platform('amd64', 'x'), platform('arm64', 'x')])
  const different = makeIndex([platform('amd64', 'x'), platform('arm64', 'y')])
  await it.push('same', same)
  await it.push('different', different)
  const { found } = await it.read()
  expect(found.get(same.root.digest)).toMatchObject({
    kind: 'index',
    mediaType: OCI_INDEX,
    labels: { [REVISION]: 'x' },
  })
  expect(found.get(different.root.digest)?.labels).toEqual({ [REVISION]: null })
  const [child = ''] = [...same.manifests.keys()]
  const [digest] = [same.root.digest]
  await it.index.apply(it.project, [{ kind: 'delete', repository: it.repository, at: NOW, digest: child }])
  expect((await it.read()).found.get(digest)?.labels).toBeUndefined()
})

test('no more is read than the budget allows, and the rest by the next call', async () => {
  const it = setUp()
  for (const seed of ['a', 'b', 'c']) await it.push(seed, image(seed))
  const budget = { reads: 2, until: NOW + 1 }
  expect((await it.read({ labels: false, budget })).found.size).toBe(2)
  expect((await it.read({ labels: false, budget })).requests).toEqual([])
  expect((await it.read({ labels: false, budget: { reads: 2, until: NOW } })).requests).toEqual([])
  const next = await it.read({ labels: false, budget: { reads: 2, until: NOW + 1 } })
  expect([next.found.size, next.requests.length]).toEqual([3, 1])
})

test('a manifest that is not there is not known, and is asked for again after an hour', async () => {
  const it = setUp()
  const [pushed, other] = [image('gone'), image('b')]
  await it.push('v1', pushed)
  await it.push('v2', other)
  await bed.client.deleteManifest(it.repository, pushed.root.digest)
  bed.registry.reset()
  expect([...(await it.read()).found.keys()]).toEqual([other.root.digest])
  expect((await it.read()).requests).toEqual([])
  it.pass(HOUR)
  expect((await it.read()).requests).toEqual([`GET manifests/${pushed.root.digest}`])
})

test('a damaged config leaves the labels unknown, and the rest known', async () => {
  const it = setUp()
  const pushed = image('damaged')
  await it.push('v1', pushed)
  const config = [...pushed.blobs].find(([, bytes]) => bytes.toString().startsWith('{'))?.[0] ?? ''
  const hex = config.slice('sha256:'.length)
  const file = join(
    bed.registry.folder,
    `storage/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`,
  )
  await writeFile(file, (await readFile(file, 'utf8')).replace('damaged', 'Damaged'))
  expect(await oneOf(it, pushed)).toMatchObject({ kind: 'image', labels: undefined })
  expect((await it.read()).requests).toEqual([])
})

test('a config of more than a MiB is not read', async () => {
  const it = setUp()
  const pushed = makeImage({ layers: [{ seed: 'a', bytes: 10 }], label: 'x'.repeat(1_100_000) })
  await it.push('v1', pushed)
  const { found, requests } = await it.read()
  expect(found.get(pushed.root.digest)).toMatchObject({ kind: 'image', labels: undefined })
  expect(requests).toEqual([`GET manifests/${pushed.root.digest}`])
  expect((await it.read()).requests).toEqual([])
})

test('a registry that fails is left alone for a minute', async () => {
  const it = setUp()
  for (let n = 0; n < 14; n++) await it.push(`v${n}`, image(`failing ${n}`))
  bed.registry.onRequest(({ path }) => (path.includes('/manifests/') ? 'drop' : undefined))
  expect((await it.read({ labels: false })).found.size).toBe(0)
  expect((await it.read({ labels: false })).requests).toEqual([])
  bed.registry.reset()
  expect((await it.read({ labels: false })).requests).toEqual([])
  it.pass(60_000_000)
  expect((await it.read({ labels: false })).found.size).toBe(14)
})

test('what the registry refuses later stays known', async () => {
  const it = setUp()
  const pushed = image('a')
  await it.push('v1', pushed)
  await it.read({ labels: false })
  bed.registry.onRequest(() => 403)
  expect(await oneOf(it, pushed)).toMatchObject({ kind: 'image', labels: undefined })
})

test('a pull-through cache is never asked', async () => {
  const it = setUp({ isCache: true })
  await it.push('v1', image('a'))
  expect(await it.read()).toEqual({ found: new Map(), requests: [] })
})

test('the details of images that the repository has no more are forgotten, and all of it after a month', async () => {
  const it = setUp()
  for (const seed of ['a', 'b', 'c']) await it.push(seed, image(seed))
  await it.read()
  const key = `t:{${it.project}}:details:${it.repository}`
  expect(await cache.redis.keys('*')).toEqual([key])
  expect(await cache.redis.hlen(key)).toBe(3)
  await it.index.apply(it.project, [
    { kind: 'delete', repository: it.repository, at: NOW, digest: image('b').root.digest },
  ])
  expect((await it.read()).found.size).toBe(2)
  expect(await cache.redis.hlen(key)).toBe(2)
  expect(await cache.redis.ttl(key)).toBeGreaterThan(29 * 86_400)
})
