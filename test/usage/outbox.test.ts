import { expect, test, vi } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

const push = (letter: string): Fact => ({
  ...{ kind: 'push', repository: 'app', at: 10, digest: `sha256:${letter.repeat(64)}`, size: 500 },
  ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', references: [], extent: 'all' },
})

test('what a killed worker had not yet told the registry is told by the next call, even one without facts', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  await index.apply('ci/app', [push('a')])
  const killed = vi.spyOn(bed.redis, 'lrangeBuffer').mockRejectedValueOnce(new Error('killed'))
  await expect(index.apply('ci/app', [push('b')])).rejects.toThrow('killed')
  killed.mockRestore()
  expect(await index.registryBytes('ci')).toBe(500)
  await index.apply('ci/app', [])
  expect(await index.registryBytes('ci')).toBe(1000)
  expect((await index.usage('ci/app'))?.exclusiveBytes).toBe(1000)
})
