import { expect, test } from 'vitest'
import { pushImage, upload } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { compare } from '../../src/reconcile/compare.ts'
import { makeIndexedProjects } from '../../src/reconcile/indexed-projects.ts'
import { indexedRepository, unreferencedBlobs } from '../../src/reconcile/indexed-repository.ts'
import type { RepositoryReading } from '../../src/reconcile/reading.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import type { StandingFact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { collectGarbage } from './collect-garbage.ts'
import { image } from './filled-registry.ts'
import { inIndex, readAll } from './read-all.ts'

const bed = useRedis()
const T = 1_795_428_000_000_000
const DAY = 86_400_000_000
const RUN = { readAt: T, firstReadAt: T }
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`
const repository = 'a/x'
const link = (digest: string, at: number): StandingFact => ({ kind: 'link', repository, digest, size: 5, at })
const manifest: StandingFact = {
  ...{ kind: 'present', via: 'push', repository, at: T - 9 * DAY, mediaType: '', extent: 'all' },
  ...{ digest: digestOf('f'), size: 1, references: [{ kind: 'blob', digest: digestOf('b'), size: 5 }] },
  age: { at: T - 9 * DAY, source: 'seen' },
}
const reading = (absent: string[]): RepositoryReading => ({
  ...{ repository, tags: [], unreadable: [], links: undefined, absent },
  manifests: [{ digest: digestOf('f'), size: 1, mediaType: '', references: undefined }],
})

test('blobs are asked for that are old, that nothing references, and whose whole digest is known', () => {
  const facts = [
    manifest,
    link(digestOf('a'), T - 2 * DAY),
    link(digestOf('b'), T - 9 * DAY),
    link(digestOf('c'), T - DAY / 2),
    link(`key:${'d'.repeat(32)}`, T - 2 * DAY),
  ]
  expect(unreferencedBlobs(indexedRepository(facts), T - DAY)).toEqual([digestOf('a')])
})

test('the index gives whole digests of blobs, so that those that were collected leave its numbers', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  await index.apply('ci/a', [manifest, link(digestOf('a'), T - 9 * DAY), link(digestOf('b'), T - 9 * DAY)])
  expect(await index.usage('ci/a')).toMatchObject({ unreferencedBytes: 5 })
  const indexed = makeIndexedProjects(index)
  const [expected] = await indexed.expected('ci', T)
  expect((await expected?.contents())?.unreferenced).toEqual([digestOf('a')])
  const { facts } = compare(reading([digestOf('a')]), await indexed.repository('ci/a', repository), RUN)
  await index.apply('ci/a', facts)
  expect(await index.usage('ci/a')).toMatchObject({ unreferencedBytes: 0, manifests: 1 })
})

test('a blob that is gone is removed from the index, unless it came back since', () => {
  const facts = [manifest, link(digestOf('a'), T - 2 * DAY), link(digestOf('e'), T + 1)]
  const compared = compare(reading([digestOf('a'), digestOf('e')]), indexedRepository(facts), RUN)
  expect(compared.facts).toMatchObject([{ kind: 'delete', repository, at: T }])
  expect(compared.drift).toMatchObject({ linksGone: 1, manifestsGone: 0 })
  expect(compare(reading([]), indexedRepository(facts), RUN).facts).toEqual([])
})

test('over the API, a registry is asked for blobs within a budget, and those that were collected are absent', async () => {
  const registry = await startRegistry()
  const client = makeRegistryClient({ name: 'lab', url: registry.url })
  try {
    const [gone, kept] = [image('gone'), image('kept')]
    for (const one of [gone, kept]) await pushImage(client, repository, one.root.digest, one)
    await client.deleteManifest(repository, gone.root.digest)
    await collectGarbage(registry)
    const loose = await upload(client, repository, Buffer.from('in no manifest'))
    const collected = [...gone.blobs.keys()].filter((digest) => !kept.blobs.has(digest))
    const asked = [...collected, loose]
    const [found] = await readAll(
      makeApiReader({ client }).read({ expected: [inIndex(repository, [], asked)] }),
    )
    expect(found?.absent.sort()).toEqual(collected.sort())
    expect(collected.length).toBeGreaterThan(1)
    // The budget of 2,000 is shared by all repositories: with over a thousand, each gets one request.
    let requests = 0
    const counting = {
      ...client,
      async *tags() {},
      async headBlob(...one: [string, string]) {
        requests++
        return client.headBlob(...one)
      },
    }
    const many = Array.from({ length: 1_001 }, (_, n) => inIndex(`many/${n}`))
    await readAll(
      makeApiReader({ client: counting }).read({ expected: [...many, inIndex(repository, [], asked)] }),
    )
    expect(requests).toBe(1)
  } finally {
    await client.close()
    await registry.close()
  }
})
