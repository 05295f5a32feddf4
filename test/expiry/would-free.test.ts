import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyFact, EPOCH } from '../../lab/facts.ts'
import { DAY } from '../../lab/images.ts'
import { keepLines } from '../../lab/log-lines.ts'
import { expiring } from '../../lab/rules.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { RulePolicy } from '../../src/expiry/plan.ts'
import { makePlanner } from '../../src/expiry/planner.ts'
import { makeWouldFree } from '../../src/expiry/would-free.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
const NOW = EPOCH + 30 * DAY
type Planning = Parameters<typeof makePlanner>[0]
type Deps = Parameters<typeof makeWouldFree>[0]

/** `change`: in place of what a planner is made with, which fails if it asks a registry. */
function setUp(policies: Partial<RulePolicy>[], change: Partial<Planning> = {}, deps: Partial<Deps> = {}) {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const { log, lines } = keepLines()
  const asks = async () => {
    throw new Error('a registry was asked')
  }
  const planning: Planning = {
    ...{ index, now: () => NOW, protectsLabels: () => false, findNotUnderstood: asks },
    details: { of: asks, known: async () => new Map(), budget: () => ({ reads: 9, until: NOW }) },
    findProtections: async () => () => undefined,
    useOf: async () => ({ isComplete: true, since: 0 }),
    quotaOf: async () => undefined,
    ...change,
  }
  const all = policies.map(
    (policy, n): RulePolicy => ({
      ...{ name: `p${n}`, registry: 'ci', repository: '**', rules: expiring({ tag: 'pr-*' }) },
      ...policy,
    }),
  )
  const doubtOf = async () => undefined
  return {
    ...{ index, lines, planner: makePlanner({ ...planning, findNotUnderstood: async () => new Map() }), all },
    wouldFree: makeWouldFree({ planning, policies: () => all, doubtOf, log, ...deps }),
  }
}

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
/** `references` null: they are not known. */
const push = (letter: string, tag: string, references: [] | null = []): Fact => ({
  ...{ kind: 'push', repository: 'team/app', at: EPOCH, digest: digest(letter), size: 100, tag },
  ...{
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    ...(references && { references, extent: 'all' as const }),
  },
})
const FACTS = [push('a', 'pr-1'), push('b', 'pr-2'), push('c', 'v1')]
let projects = 0
/** A project of its own for each test. */
const newProject = () => `ci/p${projects++}`

test('it frees exactly what the index is smaller by once all is deleted that one of the policies deletes', async () => {
  let deletes = 0
  const policies = [{ rules: expiring({ tag: 'v*' }) }, { rules: expiring({ tag: '*1' }) }]
  const { index, wouldFree, planner, all } = setUp(policies)
  await fc.assert(
    fc.asyncProperty(fc.array(anyFact, { minLength: 20, maxLength: 60 }), async (any) => {
      const told = new Set(
        any.flatMap((fact) => ('references' in fact && fact.references ? [fact.digest] : [])),
      )
      const facts = any.filter(
        (fact) => !/delete|drop|untag/.test(fact.kind) && (!('mediaType' in fact) || told.has(fact.digest)),
      )
      const project = newProject()
      await index.apply(project, facts)
      const frees = await wouldFree(project)
      const before = (await index.usage(project))?.uniqueBytes ?? 0
      const going = new Map<string, Fact>()
      for (const policy of all)
        for await (const decisions of planner.planProject(policy, project))
          for (const { verdict, repository, digest } of decisions)
            if (verdict === 'delete')
              going.set(`${repository}@${digest}`, { kind: 'delete', repository, digest, at: NOW })
      await index.apply(project, [...going.values()])
      const after = (await index.usage(project))?.uniqueBytes ?? 0
      if (frees?.isExact !== true) return
      expect([frees.bytes, frees.images]).toEqual([before - after, going.size])
      deletes += going.size
    }),
    { numRuns: 60 },
  )
  expect(deletes).toBeGreaterThan(30)
})

test('two policies that delete the same image count it once; the policies that are about the project are named', async () => {
  const { index, wouldFree } = setUp([
    {},
    {},
    { project: 'ci/other' },
    { registry: 'hub' },
    { repository: 'none' },
  ])
  const project = newProject()
  await index.apply(project, FACTS)
  const frees = { bytes: 200, images: 2, policies: ['p0', 'p1'], isExact: true }
  expect(await wouldFree(project)).toEqual(frees)
})

test('what is evicted once the quota is escalated counts in the alert that tells the escalation, and not before', async () => {
  const { index, wouldFree } = setUp(
    [{ rules: expiring({ tag: 'none' }), evict: { to: 0.5, order: 'oldest' } }],
    {
      quotaOf: async () => ({ limit: 250, evictsLater: true }),
    },
  )
  const project = newProject()
  await index.apply(project, FACTS)
  expect(await wouldFree(project, { isEscalated: false })).toMatchObject({ images: 0 })
  expect(await wouldFree(project, { isEscalated: true })).toMatchObject({ bytes: 200, images: 2 })
})

test('without a policy about the project there is nothing to tell', async () => {
  const { index, wouldFree, lines } = setUp([{ project: 'ci/other' }, { repository: 'none' }])
  const project = newProject()
  await index.apply(project, FACTS)
  expect(await wouldFree(project)).toBeUndefined()
  expect(lines).toEqual([])
})

test('what stays only until a new image is read counts', async () => {
  const { index, wouldFree } = setUp([{}])
  const project = newProject()
  await index.apply(project, [...FACTS, push('d', 'new', null)])
  expect(await wouldFree(project)).toEqual({ bytes: 200, images: 2, policies: ['p0'], isExact: false })
})

test.each<[string, Partial<RulePolicy>, Partial<Planning>, Partial<Deps>]>([
  ['a label must be known', { rules: [{ label: 'a=b', expire: true } as never] }, {}, {}],
  ['labels protect', {}, { protectsLabels: () => true }, {}],
  ['the index may lack something', {}, {}, { doubtOf: async () => 'events wait' }],
])('it is about so much if %s', async (_, policy, change, deps) => {
  const { index, wouldFree } = setUp([policy], change, deps)
  const project = newProject()
  await index.apply(project, FACTS)
  expect(await wouldFree(project)).toMatchObject({ isExact: false })
})

test.each<[string, Partial<Planning>, Partial<Deps>, string]>([
  ['it takes too long', { useOf: () => new Promise(() => {}) }, { limitMs: 50 }, 'timeout'],
  ['the project is too large', {}, { mostManifests: 2 }, '3 manifests'],
  [
    'nobody knows what is protected',
    { findProtections: async () => Object.assign(() => '', { doubt: 'away' }) },
    {},
    'away',
  ],
  ['something fails', { useOf: async () => Promise.reject(new Error('broken')) }, {}, 'broken'],
])('it is left out, and the log says why, if %s', async (_, change, deps, why) => {
  const { index, wouldFree, lines } = setUp([{}], change, deps)
  const project = newProject()
  await index.apply(project, FACTS)
  expect(await wouldFree(project)).toBeUndefined()
  expect(lines).toMatchObject([{ project, why: expect.stringContaining(why) }])
})

test('one that hangs does not keep the others from their turn', async () => {
  let calls = 0
  const useOf: Planning['useOf'] = async () =>
    calls++ === 0 ? new Promise(() => {}) : { isComplete: true, since: 0 }
  const { index, wouldFree } = setUp([{}], { useOf }, { limitMs: 2_000 })
  const [first, second] = [newProject(), newProject()]
  for (const project of [first, second]) await index.apply(project, FACTS)
  expect(await wouldFree(first)).toBeUndefined()
  expect(await wouldFree(second)).toMatchObject({ bytes: 200 })
})
