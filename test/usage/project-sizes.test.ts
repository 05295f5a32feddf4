import { afterEach, expect, test } from 'vitest'
import { startRedis } from '../../lab/redis.ts'
import { startRedisCluster } from '../../lab/redis-cluster.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { parseRedisUrl } from '../../src/platform/redis-url.ts'
import { projectIdsOf, projectSizesOf, usagesOf } from '../../src/usage/project-sizes.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const digest = (text: string) => `sha256:${Buffer.from(text.padEnd(32, '.')).toString('hex')}`

test.each([
  ['one Redis', () => startRedis()],
  ['a cluster', () => startRedisCluster({ nodes: 3, replicas: 0 })],
])('many projects are read at once as one by one, on %s', async (_, start) => {
  const server = await start()
  closers.push(() => server.close())
  const redis = await connectPatiently(parseRedisUrl(server.url))
  closers.push(() => redis.disconnect())
  const index = makeUsageIndex({ redis, prefix: 't' })
  // More than one batch.
  const ids = Array.from({ length: 230 }, (_, n) => `${n % 4 === 0 ? 'hub' : 'ci'}/team/app-${n}`)
  const at = Date.now() * 1000
  for (const [n, id] of ids.entries())
    await index.apply(id, [
      {
        ...{
          kind: 'push',
          repository: `app-${n}`,
          at,
          digest: digest(id),
          size: 10 + n,
          mediaType: 'm',
          tag: 'v1',
        },
        references: [{ kind: 'blob', digest: digest(`shared ${n % 7}`), size: 5 }],
      },
    ])
  const deps = { redis, prefix: 't' }
  const oneByOne = await Promise.all(ids.map((id) => index.usage(id)))
  expect(await usagesOf(deps, [...ids, 'ci/none', 'other/none'])).toEqual([...oneByOne, undefined, undefined])
  const read = { ids: [] as string[], sizes: [] as object[] }
  for (const registry of ['ci', 'hub', 'other']) {
    for await (const batch of projectIdsOf(deps, registry)) read.ids.push(...batch)
    for await (const batch of projectSizesOf(deps, registry)) read.sizes.push(...batch)
  }
  expect(read.ids.sort()).toEqual(ids.toSorted())
  const expected = oneByOne.map((usage) => ({
    ...{ id: usage?.id, uniqueBytes: usage?.uniqueBytes, exclusiveBytes: usage?.exclusiveBytes },
    ...{ referencedBytes: usage?.referencedBytes, unreferencedBytes: usage?.unreferencedBytes },
    ...{ tags: 1, lastPushAt: at, lastPullAt: 0 },
  }))
  expect(new Set(read.sizes)).toEqual(new Set(expected))
})
