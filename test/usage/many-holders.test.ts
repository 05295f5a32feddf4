import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { modelOf, registryModelOf } from '../../src/usage/model.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
const T = 1_795_449_746_000_000
const layer = `sha256:${'1'.repeat(64)}`

/** What a project does with the one layer that all share. */
const anyUse = fc.record({
  stated: fc.constantFrom(500, 500, 500, 7, 2 ** 39),
  measured: fc.constantFrom(0, 0, 500, 501),
  isDeleted: fc.boolean(),
})

function factsOf(n: number, { stated, measured }: { stated: number; measured: number }): Fact[] {
  const digest = `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`
  const references = [{ kind: 'blob' as const, digest: layer, size: stated }]
  const at = T + n
  const push: Fact = {
    ...{ kind: 'push', repository: `p${n}`, at, digest, size: 10, mediaType: '' },
    ...{ references, extent: 'all' },
  }
  return measured === 0
    ? [push]
    : [push, { kind: 'link', repository: `p${n}`, at, digest: layer, size: measured }]
}

test('however many projects hold a content, and then leave, the registry has the numbers of the model', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(anyUse, { minLength: 8, maxLength: 60 }), async (uses) => {
      const registry = `r${run++}`
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      const facts = uses.map((use, n) => factsOf(n, use))
      const check = async () => {
        const { exclusive, total } = registryModelOf(facts.map((all) => modelOf(all).held))
        expect(await index.registryBytes(registry)).toBe(total)
        const usages = await Promise.all(uses.map((_, n) => index.usage(`${registry}/p${n}`)))
        expect(usages.map((usage) => usage?.exclusiveBytes)).toEqual(exclusive)
      }
      const apply = () => index.applyAll(new Map(facts.map((all, n) => [`${registry}/p${n}`, all])))
      await apply()
      await check()
      for (const [n, { isDeleted }] of uses.entries())
        if (isDeleted || n > 3) facts[n]?.push({ kind: 'drop', repository: `p${n}`, at: T + 1e9 })
      await apply()
      await check()
      expect(await index.retell(registry)).toBeGreaterThanOrEqual(0)
      await check()
    }),
    { numRuns: 60 },
  )
})

test('a project more among a thousand rewrites no list of holders', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const use = { stated: 500, measured: 500 }
  const projects = Array.from({ length: 1_000 }, (_, n) => [`ci/p${n}`, factsOf(n, use)] as const)
  await index.applyAll(new Map(projects))
  expect(await index.registryBytes('ci')).toBe(1_000 * 10 + 500)
  const sets = async () => (await bed.redis.keys('t:{ci}:holders:in:*')).length
  // Some 64 in a bucket, and the root.
  expect(await sets()).toBeGreaterThan(10)
  expect(await index.retell('ci')).toBe(2_000)
  await bed.redis.del([...(await bed.redis.keys('t:{ci}:holders*')), 't:{ci}:exclusive'])
  await index.retell('ci')
  expect(await index.registryBytes('ci')).toBe(1_000 * 10 + 500)
})
