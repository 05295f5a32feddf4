import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { anyHistory } from '../../lab/facts.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

async function stateOf(index: UsageIndex, project: string) {
  const { id: _, exclusiveBytes: __, ...usage } = (await index.usage(project)) ?? {}
  const images = await allImages(index, project)
  return { usage, images: images.map((image) => JSON.stringify(image)).sort() }
}

async function copyOf(index: UsageIndex, from: string, to: string): Promise<void> {
  const facts = await Array.fromAsync(index.facts(from))
  if (facts.length > 0) await index.apply(to, facts)
  const usage = await index.usage(from)
  if (usage) await index.raiseActivity(to, usage)
}

test('the facts of an index make an empty index the same; both then treat other facts alike, later ones and late ones', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyHistory, anyHistory, async (before, after) => {
      const [first, second] = [`a/${run}`, `b/${run++}`]
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      await index.apply(first, before.facts)
      await copyOf(index, first, second)
      expect(await stateOf(index, second)).toEqual(await stateOf(index, first))
      expect(await index.registryBytes('b')).toBe(await index.registryBytes('a'))
      // Pulls and scans are counted by event id, and the ids are not exported.
      const facts = after.facts.filter(({ kind }) => kind !== 'pull' && kind !== 'scan')
      for (const project of [first, second]) await index.apply(project, facts)
      expect(await stateOf(index, second)).toEqual(await stateOf(index, first))
    }),
    { numRuns: 500 },
  )
})
