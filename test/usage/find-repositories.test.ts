import { Cluster } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { startRedisCluster } from '../../lab/redis-cluster.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
const T = 1_795_449_746_000_000
const digest = (name: string) => digestOf(Buffer.from(name))
const indexOn = (redis = bed.redis) => makeUsageIndex({ redis, prefix: 't' })

const push = (repository: string, name: string, blobs: string[], at = T): Fact => ({
  ...{ kind: 'push', repository, at, digest: digest(name), size: 500, extent: 'all' },
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  references: blobs.map((blob) => ({ kind: 'blob', digest: digest(blob), size: 10 })),
})
const link = (repository: string, blob: string): Fact => ({
  ...{ kind: 'link', repository, at: T, digest: digest(blob), size: 10 },
})

describe('the repositories that have a blob', () => {
  test('are found by the manifests that reference it, in any project of the registry', async () => {
    const index = indexOn()
    await index.apply('prod/a', [push('a/x', 'one', ['base', 'one']), push('a/y', 'two', ['two'])])
    await index.apply('prod/b', [push('b/z', 'three', ['base'])])
    await index.apply('other/c', [push('c', 'four', ['base', 'four'])])
    expect((await index.repositoriesWith('prod', digest('base'))).sort()).toEqual(['a/x', 'b/z'])
    expect(await index.repositoriesWith('prod', digest('two'))).toEqual(['a/y'])
    expect(await index.repositoriesWith('prod', digest('four'))).toEqual([])
    expect(await index.repositoriesWith('none', digest('base'))).toEqual([])
  })

  test('are found by their links first, whichever repository names the blob', async () => {
    const index = indexOn()
    const others = Array.from({ length: 5 }, (_, n) => push(`a/${n}`, `m${n}`, ['base']))
    await index.apply('prod/a', [...others, link('a/linked', 'base')])
    const found = await index.repositoriesWith('prod', digest('base'))
    expect(found).toHaveLength(3)
    expect(found[0]).toBe('a/linked')
    expect(new Set(found).size).toBe(3)
  })

  test('are found in projects that appear later', async () => {
    const index = indexOn()
    await index.apply('prod/a', [push('a/x', 'one', ['one'])])
    expect(await index.repositoriesWith('prod', digest('one'))).toEqual(['a/x'])
    // Another process, or this one a minute later.
    await index.apply('prod/b', [push('b/x', 'two', ['two'])])
    expect(await indexOn().repositoriesWith('prod', digest('two'))).toEqual(['b/x'])
  })

  test('are not those whose images were deleted or dropped', async () => {
    const index = indexOn()
    await index.apply('prod/a', [
      ...['a/x', 'a/y', 'a/z'].map((name) => push(name, name, ['base'])),
      ...['a/x', 'a/y', 'a/z'].map((name) => link(name, 'base')),
      { kind: 'drop', repository: 'a/x', at: T + 1 },
      { kind: 'delete', repository: 'a/y', digest: digest('base'), at: T + 1 },
    ])
    expect(await index.repositoriesWith('prod', digest('base'))).toEqual(['a/z'])
    await index.apply('prod/a', [{ kind: 'drop', repository: 'a/z', at: T + 1 }])
    expect(await index.repositoriesWith('prod', digest('base'))).toEqual([])
  })

  test.each(['the same size', 'another size'])(
    'are found among a hundred projects that tell %s',
    async (size) => {
      const index = indexOn()
      const projects = Array.from({ length: 100 }, (_, n) => {
        const fact = push(`p${n}`, `m${n}`, ['base'])
        // Each size is that of one project: the entry lists one of them, and the others in a set.
        if (size === 'another size' && 'references' in fact)
          for (const one of fact.references ?? []) one.size = n + 1
        return [`prod/p${n}`, [fact]] as const
      })
      await index.applyAll(new Map(projects))
      expect(await bed.redis.exists(`t:{prod}:holders:in:${digest('base').slice(7, 39)}`)).toBe(1)
      const found = await index.repositoriesWith('prod', digest('base'))
      expect(found).toHaveLength(3)
      for (const name of found) expect(name).toMatch(/^p\d+$/)
    },
  )

  test('are found on a cluster', async () => {
    const servers = await startRedisCluster({ nodes: 3, replicas: 0 })
    const redis = new Cluster(servers.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    try {
      const index = makeUsageIndex({ redis, prefix: 't' })
      for (const name of ['a', 'b', 'c'])
        await index.apply(`prod/${name}`, [push(`${name}/x`, name, ['base'])])
      expect((await index.repositoriesWith('prod', digest('base'))).sort()).toEqual(['a/x', 'b/x', 'c/x'])
    } finally {
      await redis.quit()
      await servers.close()
    }
  })
})
