import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { anyHistory } from '../../lab/facts.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { coalesceApply } from '../../src/usage/coalesce-apply.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { fromIndex, fromModel } from './index-and-model.ts'

const bed = useRedis()

const pull = (project: string, letter: string): [string, Fact[]] => [
  project,
  [
    {
      kind: 'pull',
      id: letter,
      repository: 'app',
      at: 1e15,
      digest: `sha256:${letter.repeat(64)}`,
      size: 500,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
    },
  ],
]

test('each project becomes what the model says, whatever jobs bring at the same time', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(anyHistory, { minLength: 1, maxLength: 4 }), async (histories) => {
      const registry = `r${run++}`
      const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
      const { applyAll } = coalesceApply(index)
      const projects = histories.map((_, i) => `${registry}/p${i}`)
      const jobs = Math.max(...histories.map(({ deliveries }) => deliveries.length))
      await Promise.all(
        Array.from({ length: jobs }, (_, job) =>
          applyAll(new Map(histories.map(({ deliveries }, i) => [projects[i] ?? '', deliveries[job] ?? []]))),
        ),
      )
      for (const [i, { facts }] of histories.entries())
        expect(await fromIndex(index, projects[i] ?? '')).toEqual(fromModel(facts))
    }),
    { numRuns: 200 },
  )
})

test('each job gets the outcomes of its own projects and facts only, failures among them', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const call = vi.spyOn(index, 'startAll')
  const { applyAll } = coalesceApply(index)
  await bed.redis.set('t:{ci/broken}:manifests', 'no hash')
  const jobs = [[pull('ci/x', 'a'), pull('ci/y', 'b')], [pull('ci/x', 'c')], [pull('ci/broken', 'd')], []]
  // The jobs arrive during this call and share the next one.
  const first = applyAll(new Map([pull('ci/first', 'e')]))
  const outcomesByJob = await Promise.all(jobs.map((job) => applyAll(new Map(job))))
  await first
  expect(call).toHaveBeenCalledTimes(2)
  expect(
    outcomesByJob.map((outcomes) =>
      [...outcomes].map(([project, outcome]) => [
        project,
        outcome.status === 'fulfilled'
          ? outcome.value.unresolved.map(({ digest }) => digest.at(-1))
          : String(outcome.reason),
      ]),
    ),
  ).toEqual([
    [
      ['ci/x', ['a']],
      ['ci/y', ['b']],
    ],
    [['ci/x', ['c']]],
    [['ci/broken', expect.stringContaining('WRONGTYPE')]],
    [],
  ])
})
