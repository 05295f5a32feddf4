import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyHistory } from '../../lab/facts.ts'
import { digestOf } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { type Fact, isSighting } from '../../src/usage/fact.ts'
import { modelOf, registryModelOf } from '../../src/usage/model.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { fromIndex, fromModel } from './index-and-model.ts'

const bed = useRedis()

test('the same facts in any order, duplication and batching give the index that the model defines', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyHistory, async ({ facts, deliveries }) => {
      const project = `ci/p${run++}`
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      for (const batch of deliveries) await index.apply(project, batch)
      expect(await fromIndex(index, project)).toEqual(fromModel(facts))
    }),
    { numRuns: 2000 },
  )
})

test('contradicting references and sizes of few contents also give the index that the model defines', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const project = `narrow/p${run++}`
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      for (const batch of history.deliveries) await index.apply(project, batch.map(narrowed))
      expect(await fromIndex(index, project)).toEqual(fromModel(history.facts.map(narrowed)))
    }),
    { numRuns: 1000 },
  )
})

/** The same fact about the one repository, about one of two manifests and of one layer. */
function narrowed(fact: Fact): Fact {
  const repository = 'team/app'
  if (!('digest' in fact)) return { ...fact, repository }
  const digest = digestOf(Buffer.from(`manifest ${fact.digest.charCodeAt(10) % 2}`))
  if (fact.kind === 'link') return { ...fact, repository, digest: LAYER }
  if (!isSighting(fact)) return { ...fact, repository, digest }
  const narrow = { ...fact, repository, digest, mediaType: 'application/octet-stream' }
  if (narrow.kind === 'pull' || narrow.references === undefined) return narrow
  const [{ size } = { size: 0 }] = narrow.references
  return { ...narrow, references: [{ kind: 'blob', digest: LAYER, size: size % 3 === 0 ? 3 : size % 1000 }] }
}
const LAYER = digestOf(Buffer.from('layer'))

test('exclusive and total bytes of a registry follow from what its projects hold', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(anyHistory, { minLength: 2, maxLength: 3 }), async (histories) => {
      const registry = `r${run++}`
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      const queues = histories.map((h, i) => ({ project: `${registry}/p${i}`, batches: [...h.deliveries] }))
      while (queues.some((q) => q.batches.length > 0)) {
        await Promise.all(queues.map((q) => index.apply(q.project, q.batches.shift() ?? [])))
      }
      const { exclusive, total } = registryModelOf(histories.map(({ facts }) => modelOf(facts).held))
      const usages = await Promise.all(queues.map(({ project }) => index.usage(project)))
      expect(usages.map((usage) => usage?.exclusiveBytes)).toEqual(exclusive)
      expect(await index.registryBytes(registry)).toBe(total)
    }),
    { numRuns: 150 },
  )
})
