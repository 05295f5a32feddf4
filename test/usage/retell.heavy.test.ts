import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { anyHistory } from '../../lab/facts.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { modelOf, registryModelOf } from '../../src/usage/model.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
let runs = 0

async function registryOf(index: UsageIndex, registry: string, projects: readonly string[]) {
  const usages = await Promise.all(projects.map((project) => index.usage(project)))
  return {
    exclusive: usages.map((usage) => usage?.exclusiveBytes ?? 0),
    total: await index.registryBytes(registry),
  }
}

const registryModel = (histories: readonly (readonly Fact[])[]) =>
  registryModelOf(histories.map((facts) => modelOf(facts).held))

/** Deletes all keys of a project or of a registry, as the loss of a node of a cluster does. */
async function lose(owner: string): Promise<void> {
  const keys = await bed.redis.keys(`t:{${owner}}:*`)
  if (keys.length > 0) await bed.redis.del(keys)
}

test('a retell repairs the numbers after the loss of the registry’s record, of a project, or of both', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyHistory, { minLength: 2, maxLength: 4 }),
      fc.constantFrom('registry', 'project', 'both', 'nothing'),
      async (histories, lost) => {
        const registry = `r${runs++}`
        const projects = histories.map((_, i) => `${registry}/p${i}`)
        let index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
        const facts = histories.map((history) => history.facts)
        for (const [i, project] of projects.entries()) await index.apply(project, facts[i] ?? [])
        if (lost === 'project' || lost === 'both') {
          await lose(`${registry}/p0`)
          facts[0] = []
        }
        if (lost === 'registry' || lost === 'both') {
          await lose(registry)
          // A project is listed again by its next facts. A new process lists it at once.
          index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
          for (const project of projects) await index.apply(project, [])
        }
        await index.retell(registry)
        expect(await registryOf(index, registry, projects)).toEqual(registryModel(facts))
        await index.retell(registry)
        expect(await registryOf(index, registry, projects)).toEqual(registryModel(facts))
      },
    ),
    { numRuns: 150 },
  )
})

test('others may write during a retell, and two retells may run at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyHistory, { minLength: 2, maxLength: 3 }), async (histories) => {
      const registry = `r${runs++}`
      const projects = histories.map((_, i) => `${registry}/p${i}`)
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      const applyAll = async (project: string, i: number) => {
        for (const batch of histories[i]?.deliveries ?? []) await index.apply(project, batch)
      }
      await Promise.all([...projects.map(applyAll), index.retell(registry), index.retell(registry)])
      const facts = histories.map((history) => history.facts)
      expect(await registryOf(index, registry, projects)).toEqual(registryModel(facts))
    }),
    { numRuns: 100 },
  )
})

test('a retell of long entries and of thousands of contents makes small calls', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const digest = (n: number) => `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`
  const push = (n: number, repository: string): Fact => ({
    kind: 'push',
    repository,
    at: 1_795_449_746_000_000,
    digest: digest(n),
    size: 500,
    mediaType: '',
    references: [{ kind: 'blob', digest: digest(9_999), size: 7 }],
    extent: 'all',
  })
  // Its own manifests, and one layer that 30 projects hold, from 10 repositories of each.
  const byProject = new Map<string, Fact[]>(
    Array.from({ length: 30 }, (_, p) => [
      `ci/p${p}`,
      Array.from({ length: p === 0 ? 3_000 : 10 }, (_, n) => push(p * 10 + (p && 3_000) + n, `r${n % 10}`)),
    ]),
  )
  await index.applyAll(byProject)
  const before = await registryOf(index, 'ci', [...byProject.keys()])
  expect(before.total).toBe((3_000 + 290) * 500 + 7)
  await bed.redis.del(await bed.redis.keys('t:{ci}:holders*'))
  await bed.redis.del('t:{ci}:exclusive')
  const evalsha = vi.spyOn(bed.redis, 'callBuffer')
  expect(await index.retell('ci')).toBe(3_000 + 290 + 30)
  const argumentsOf = (args: readonly unknown[]) => args.length
  expect(Math.max(...evalsha.mock.calls.map(argumentsOf))).toBeLessThan(120)
  expect(await registryOf(index, 'ci', [...byProject.keys()])).toEqual(before)
})
