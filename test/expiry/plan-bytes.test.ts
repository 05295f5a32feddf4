import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyFact, EPOCH } from '../../lab/facts.ts'
import { DAY } from '../../lab/images.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Decision } from '../../src/expiry/decision.ts'
import type { RulePolicy } from '../../src/expiry/plan.ts'
import { makePlanner } from '../../src/expiry/planner.ts'
import { countPlan } from '../../src/expiry/share.ts'
import type { Fact } from '../../src/usage/fact.ts'
import type { SharedHoldings } from '../../src/usage/read-reclaim.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
const NOW = EPOCH + 30 * DAY

const plannerOf = (index: UsageIndex) =>
  makePlanner({
    ...{
      index,
      now: () => NOW,
      details: {
        of: async () => new Map(),
        known: async () => new Map(),
        budget: () => ({ reads: 0, until: 0 }),
      },
    },
    findProtections: async () => () => undefined,
    protectsLabels: () => false,
    findNotUnderstood: async () => new Map(),
    useOf: async () => ({ isComplete: true, since: 0 }),
    quotaOf: async () => undefined,
  })

const deleteOf = ({ repository, digest }: Decision): Fact => ({
  ...{ kind: 'delete', repository, digest, at: NOW },
})

/**
 * Without the manifests whose references nobody tells, for they keep everything in their repository; and without deletions,
 * so that there is much to delete.
 */
function withMuchToDelete(facts: readonly Fact[]): Fact[] {
  const told = new Set(
    facts.flatMap((fact) => ('references' in fact && fact.references ? [fact.digest] : [])),
  )
  return facts.filter(
    (fact) =>
      !['delete', 'drop', 'untag'].includes(fact.kind) && (!('mediaType' in fact) || told.has(fact.digest)),
  )
}

const anyFacts = fc.array(anyFact, { minLength: 20, maxLength: 60 })

const anyRules: fc.Arbitrary<RulePolicy['rules']> = fc
  .tuple(fc.constantFrom('v1', 'v2', 'latest', 'v*'), fc.boolean())
  .map(([kept, isUntaggedOnly]) => [
    { tag: { glob: kept }, keep: true },
    isUntaggedOnly ? { tagged: false, expire: true } : { olderThan: 1, expire: true },
  ])

test("a plan's bytes are the difference of the index before and after its deletes", async () => {
  let run = 0
  let deletes = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyFacts, { minLength: 1, maxLength: 3 }),
      anyRules,
      async (histories, rules) => {
        const registry = `r${run++}`
        const policy: RulePolicy = { name: 'p', registry, repository: '**', rules }
        const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
        const planner = plannerOf(index)
        const projects = histories.map((_, i) => `${registry}/p${i}`)
        for (const [i, facts] of histories.entries())
          await index.apply(projects[i] ?? '', withMuchToDelete(facts))

        const [shared, counted]: SharedHoldings[] = [new Map(), new Map()]
        const plans: Decision[][] = []
        let total = 0
        for (const project of projects) {
          const decisions = (
            await Array.fromAsync(planner.planProject(policy, project, { bytes: shared }))
          ).flat()
          plans.push(decisions)
          total += (await countPlan(planner, policy, project, { bytes: counted ?? new Map() })).bytes
        }
        const inRegistry = await index.registryBytes(registry)
        expect(total).toBe(plans.flat().reduce((sum, { reclaimableBytes = 0 }) => sum + reclaimableBytes, 0))
        for (const [i, project] of projects.entries()) {
          for (const decision of plans[i] ?? []) {
            if (decision.verdict === 'keep') expect(decision).not.toHaveProperty('reclaimableBytes')
            if (decision.verdict !== 'delete') continue
            deletes += 1
            const [before, unique] = [await index.registryBytes(registry), await index.usage(project)]
            await index.apply(project, [deleteOf(decision)])
            expect({
              reclaimableBytes: before - (await index.registryBytes(registry)),
              uniqueBytes: (unique?.uniqueBytes ?? 0) - ((await index.usage(project))?.uniqueBytes ?? 0),
            }).toEqual({ reclaimableBytes: decision.reclaimableBytes, uniqueBytes: decision.uniqueBytes })
          }
        }
        expect(inRegistry - (await index.registryBytes(registry))).toBe(total)
      },
    ),
    { numRuns: 60 },
  )
  // Many of these plans delete something.
  expect(deletes).toBeGreaterThan(60)
})

test('a plan that does not ask for bytes reads nothing for them', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const planner = plannerOf({
    ...index,
    reclaim: () => {
      throw new Error('nobody asked')
    },
  })
  const [facts] = fc.sample(anyFacts, 1)
  await index.apply('plain/app', facts ?? [])
  const policy = { ...{ name: 'p', registry: 'plain', repository: '**' }, rules: [] }
  for await (const decisions of planner.planProject(policy, 'plain/app'))
    for (const decision of decisions) expect(decision).not.toHaveProperty('reclaimableBytes')
})
