import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import type { PlanOnIndex } from '../../src/expiry/plan-on-index.ts'
import { makePlanFreesCache, type PlanFreesCache } from '../../src/overview/plan-frees.ts'

const MINUTE = 60_000
let cache: PlanFreesCache
afterEach(() => cache.stop())

function setUp(plan: (project: string) => Awaited<ReturnType<PlanOnIndex>>) {
  const bed = { now: 1_000_000, planned: [] as string[], failed: [] as string[], policies: [{}] as unknown[] }
  cache = makePlanFreesCache({
    async plan(project) {
      bed.planned.push(project)
      return plan(project)
    },
    policies: () => bed.policies,
    onFailure: (project) => bed.failed.push(project),
    now: () => bed.now,
    restFactor: 0,
  })
  return bed
}
const project = (id: string, uniqueBytes = 10, lastPushAt = 1) => ({ id, uniqueBytes, lastPushAt })
const frees = { uniqueBytes: 7, registryBytes: 5, images: 1, policies: ['p'], isExact: true }

test('the largest are planned first, each once, and each has its time', async () => {
  const bed = setUp((id) => (id === 'ci/none' ? undefined : frees))
  const all = [project('ci/small', 1), project('ci/large', 9), project('ci/none', 5)]
  cache.look(all)
  await eventually(
    async () => cache.revision(),
    (revision) => revision === 3,
  )
  expect(bed.planned).toEqual(['ci/large', 'ci/none', 'ci/small'])
  expect(cache.of('ci/large')).toEqual({ at: bed.now, uniqueBytes: 7, registryBytes: 5 })
  // No policy is about it: expiry frees nothing.
  expect(cache.of('ci/none')).toEqual({ at: bed.now, uniqueBytes: 0, registryBytes: 0 })
  expect(cache.of('ci/other')).toBeUndefined()
})

test('a plan is made anew for a project that changed, once it is a minute old; for all with other policies', async () => {
  const bed = setUp(() => frees)
  const look = async (bytes: number, revision: number) => {
    cache.look([project('ci/a', bytes), project('ci/b')])
    await eventually(
      async () => cache.revision(),
      (now) => now === revision,
    )
  }
  await look(10, 2)
  await look(11, 2)
  bed.now += 2 * MINUTE
  await look(11, 3)
  expect(bed.planned).toEqual(['ci/a', 'ci/b', 'ci/a'].map((id, n) => (n < 2 ? bed.planned[n] : id)))
  bed.policies = [{}]
  await look(11, 5)
})

test('what cannot be planned is not known, and does not hold up others', async () => {
  const bed = setUp((id) => {
    if (id === 'ci/broken') throw new Error('no')
    return frees
  })
  cache.look([project('ci/broken', 99), project('ci/a')])
  await eventually(
    async () => cache.revision(),
    (revision) => revision === 2,
  )
  expect(bed.failed).toEqual(['ci/broken'])
  expect(cache.of('ci/broken')).toBeUndefined()
  expect(cache.of('ci/a')).toBeDefined()
})
