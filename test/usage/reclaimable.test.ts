import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { anyHistory } from '../../lab/facts.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

test('what a deletion would free is what goes from the registry when its manifests are deleted', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyHistory, anyHistory, fc.nat(), async (mine, others, n) => {
      const registry = `r${run++}`
      const project = `${registry}/mine`
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      await index.apply(project, mine.facts)
      await index.apply(`${registry}/others`, others.facts)
      const images = await allImages(index, project)
      const image = images[n % Math.max(1, images.length)]
      if (image === undefined) return
      const [{ name: tag } = { name: '' }] = image.tags
      const { repository, digest } = image
      const target =
        n % 2 === 1 && tag !== ''
          ? { repository, tag }
          : n % 3 === 0
            ? { repository }
            : { repository, digest }
      const before = await index.registryBytes(registry)
      const found = await index.reclaimable(project, target)
      const at = 2_000_000_000_000_000
      const deletes = (found?.manifests ?? []).map(
        (one): Fact => ({ kind: 'delete', repository, at, digest: one }),
      )
      await index.apply(project, deletes)
      expect(before - (await index.registryBytes(registry))).toBe(found?.bytes)
    }),
    { numRuns: 300 },
  )
})
