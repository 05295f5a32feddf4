import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyHistory } from '../../lab/facts.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { fromIndex, fromModel } from './index-and-model.ts'

const bed = useRedis()

test('several projects, with facts for more than one call each, become what the model says; the outcome has their bytes', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyHistory, fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 4 }),
      async (histories) => {
        const registry = `r${run++}`
        const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
        const byProject = new Map<string, Fact[]>(
          histories.map(([{ facts }, times], i) => [`${registry}/p${i}`, Array(times).fill(facts).flat()]),
        )
        const outcomes = await index.applyAll(byProject)
        for (const [project, facts] of byProject) {
          if (facts.length === 0) continue
          expect(await fromIndex(index, project)).toEqual(fromModel(facts))
          const bytes = (await index.usage(project))?.uniqueBytes
          expect(outcomes.get(project)).toMatchObject({
            status: 'fulfilled',
            value: { changedBytes: bytes },
          })
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('a project fails if one of its calls fails, and the other projects do not', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const pulls = (count: number) =>
    Array.from(
      { length: count },
      (_, n): Fact => ({
        kind: 'pull',
        id: `${n}`,
        repository: 'app',
        at: 1e15,
        digest: `sha256:${'a'.repeat(64)}`,
        size: 500,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
      }),
    )
  await bed.redis.set('t:{ci/broken}:seen', 'no set')
  const outcomes = await index.applyAll(
    new Map([
      ['ci/a', pulls(150)],
      ['ci/broken', pulls(250)],
      ['ci/b', pulls(1)],
    ]),
  )
  expect([...outcomes].map(([project, { status }]) => [project, status])).toEqual([
    ['ci/a', 'fulfilled'],
    ['ci/broken', 'rejected'],
    ['ci/b', 'fulfilled'],
  ])
  expect((await index.usage('ci/a'))?.pulls).toBe(150)
  expect((await index.usage('ci/b'))?.pulls).toBe(1)
})
