import { cp, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LabImage, makeImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeBlobChecks } from '../../src/integrity/blob-checks.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import type { RegistryReader } from '../../src/reconcile/reading.ts'
import { compareRepositories } from '../../src/reconcile/repository-order.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { blobKey, layerLink, revisionKey } from '../../src/storage/layout.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { makeReconcileBed } from '../reconcile/reconcile-bed.ts'

/** Blobs and manifests that vanish from a real registry, as a reconcile sees them: from its storage, and over its API. */
const bed = useRedis()
let registry: LabRegistry
let client: RegistryClient
beforeEach(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
})
afterEach(async () => {
  await client?.close()
  await registry?.close()
})

const BASE = { seed: 'base', bytes: 5_000 }
const imageOf = (label: string) => makeImage({ layers: [BASE, { seed: label, bytes: 300 }], label })
const bodyOf = (image: LabImage) => JSON.parse(image.manifests.get(image.root.digest)?.bytes.toString() ?? '')
const fileOf = (digest: string) => join(registry.storage, blobKey(digest))

const checks = (budget: number) => async () => {
  const run = makeBlobChecks({
    ...{ budget, perSecond: 1_000, from: undefined, compare: compareRepositories, now: Date.now },
    sleep: async () => {},
  })
  return { ...run, end: async () => {} }
}
const readers: Record<string, () => RegistryReader> = {
  storage: () =>
    makeStorageReader({ store: makeFolderView({ path: registry.storage }), place: registry.storage }),
  API: () => makeApiReader({ client, begin: checks(1_000) }),
}

describe.each(Object.keys(readers))('a reconcile over the %s', (way) => {
  const start = () => makeReconcileBed(bed.redis, readers[way]?.() as RegistryReader)

  test('finds the images whose base is lost, counts it as nothing, and tells once', async () => {
    const [x, y] = [imageOf('x'), imageOf('y')]
    await pushImage(client, 'a/x', 'v1', x)
    await pushImage(client, 'a/x', 'latest', x)
    await pushImage(client, 'b/y', 'v1', y)
    const base = bodyOf(x).layers[0]
    const { run, index, alerts, confidence, brokenRecords } = start()
    await run()
    const total = await index.registryBytes('ci')
    const uniqueA = (await index.usage('ci/a'))?.uniqueBytes ?? 0
    expect(await confidence()).toMatch(/^exact since/)

    await cp(fileOf(base.digest), join(registry.folder, 'kept'))
    await rm(fileOf(base.digest))
    const report = await run()
    expect(await index.registryBytes('ci')).toBe(total - base.size)
    expect((await index.usage('ci/a'))?.uniqueBytes).toBe(uniqueA - base.size)
    if (report.stored) expect(report.stored.bytes).toBe(total - base.size)
    expect(await brokenRecords.all('ci')).toMatchObject([
      { repository: 'a/x', digest: x.root.digest, tags: ['latest', 'v1'], project: 'ci/a' },
      { repository: 'b/y', digest: y.root.digest, tags: ['v1'], project: 'ci/b' },
    ])
    for (const { damages } of await brokenRecords.all('ci'))
      expect(damages).toEqual([{ digest: base.digest, part: 'layer', fault: 'missing', size: base.size }])
    expect(await confidence()).toMatch(/^images that are not whole: 2 /)
    expect(await confidence()).not.toMatch(/exact/)
    expect(alerts.map(({ event }) => event)).toEqual(['images.broken'])
    expect(alerts[0]?.text).toContain('2 images are not whole')
    expect(alerts[0]?.text).toContain(base.digest)
    expect(alerts[0]?.text).toContain('a/x:latest and 1 more tags (ci/a), b/y:v1 (ci/b)')

    await run() // It is known.
    expect(alerts).toHaveLength(1)
    expect(await index.registryBytes('ci')).toBe(total - base.size)

    await cp(join(registry.folder, 'kept'), fileOf(base.digest))
    await run()
    expect(alerts.map(({ event }) => event)).toEqual(['images.broken', 'images.whole'])
    expect(await brokenRecords.all('ci')).toEqual([])
    expect(await index.registryBytes('ci')).toBe(total)
    expect((await index.usage('ci/a'))?.uniqueBytes).toBe(uniqueA)
    expect(await confidence()).toMatch(/^exact since/)
  })

  test('finds a blob that was cut, and counts what is left of it', async () => {
    const x = imageOf('x')
    await pushImage(client, 'a/x', 'v1', x)
    const base = bodyOf(x).layers[0]
    const { run, index, brokenRecords } = start()
    await run()
    const total = await index.registryBytes('ci')
    await truncate(fileOf(base.digest), 100)
    await run()
    expect(await index.registryBytes('ci')).toBe(total - base.size + 100)
    expect((await brokenRecords.all('ci'))[0]?.damages).toEqual([
      { digest: base.digest, part: 'layer', fault: 'size', size: base.size, found: 100 },
    ])
  })

  test('names the index that lost a child, or a blob of a child', async () => {
    const [arm, amd, other] = [imageOf('arm'), imageOf('amd'), imageOf('other')]
    const multi = makeIndex([
      { image: arm, architecture: 'arm64' },
      { image: amd, architecture: 'amd64' },
    ])
    await pushImage(client, 'a/x', 'v1', multi)
    await pushImage(client, 'a/x', 'v2', other)
    const { run, brokenRecords } = start()
    await run()
    expect(await brokenRecords.all('ci')).toEqual([])
    await rm(join(registry.storage, revisionKey('a/x', arm.root.digest)))
    const { config } = bodyOf(amd)
    await rm(fileOf(config.digest))
    await run()
    const [only, ...more] = await brokenRecords.all('ci')
    expect(more).toEqual([])
    expect(only).toMatchObject({ digest: multi.root.digest, tags: ['v1'], damageCount: 2 })
    expect(new Set(only?.damages)).toEqual(
      new Set([
        { digest: arm.root.digest, part: 'child', fault: 'missing', size: arm.root.size },
        { digest: config.digest, part: 'config', fault: 'missing', size: config.size },
      ]),
    )
    // Its images were deleted: nothing of it is broken any more.
    await client.deleteManifest('a/x', multi.root.digest)
    await client.deleteManifest('a/x', amd.root.digest)
    await run()
    expect(await brokenRecords.all('ci')).toEqual([])
  })

  test('a blob that is in the storage and not linked in the repository is missing there', async () => {
    const x = imageOf('x')
    await pushImage(client, 'a/x', 'v1', x)
    await pushImage(client, 'b/y', 'v1', imageOf('y'))
    const base = bodyOf(x).layers[0]
    await rm(join(registry.storage, layerLink('a/x', base.digest)))
    await expect(client.headBlob('a/x', base.digest)).resolves.toBeUndefined()
    const { run, brokenRecords } = start()
    await run()
    expect((await brokenRecords.all('ci')).map(({ repository }) => repository)).toEqual(['a/x'])
  })
})

test('over the API, a budget gives each image its turn', async () => {
  for (const name of ['a/a', 'a/b', 'a/c', 'a/d']) await pushImage(client, name, 'v1', imageOf(name))
  const base = bodyOf(imageOf('a/a')).layers[0]
  await rm(fileOf(base.digest))
  let next: Parameters<typeof makeBlobChecks>[0]['from']
  const reader = makeApiReader({
    client,
    begin: async () => {
      const run = makeBlobChecks({
        ...{ budget: 4, perSecond: 1_000, from: next, compare: compareRepositories, now: Date.now },
        sleep: async () => {},
      })
      return {
        ...run,
        async end() {
          next = run.next()
        },
      }
    },
  })
  const { run, brokenRecords } = makeReconcileBed(bed.redis, reader)
  await run()
  const first = (await brokenRecords.all('ci')).map(({ repository }) => repository)
  expect(first).toEqual(['a/a', 'a/b'])
  await run()
  expect((await brokenRecords.all('ci')).map(({ repository }) => repository)).toEqual([
    ...['a/a', 'a/b', 'a/c', 'a/d'],
  ])
})
