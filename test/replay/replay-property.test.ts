import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { planExpiry, type RulePolicy } from '../../src/expiry/plan.ts'
import { atOnce } from '../../src/platform/pieces.ts'
import { makeReplayPolicy } from '../../src/replay/replay-policy.ts'
import type { Fact, StandingFact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { anyWorkload, BEGIN, DAY, type Heard, PR, policy } from './workload.ts'

const bed = useRedis()

const PROJECT = 'ci/team'
const POLICIES: Record<string, RulePolicy> = {
  'by age': policy([{ tag: PR, olderThan: 2 * 86_400_000, expire: true }]),
  'by use': policy([{ notUsedFor: 3 * 86_400_000, expire: true }]),
  'the newest': policy([
    { tag: PR, keep: { newest: 1, by: 'pushed', per: 'repository' } },
    { tag: PR, expire: true },
    { tagged: false, olderThan: 86_400_000, expire: true },
  ]),
}

/** Replays a workload with a run each day until ten days after its end. */
function replayed(heard: readonly Heard[], one: RulePolicy) {
  const replay = makeReplayPolicy(one, { projectOf: () => PROJECT, maxShare: 1 })
  let run = BEGIN + DAY
  const runUntil = (at: number) => {
    for (; run <= at; run += DAY) atOnce(replay.run(run, () => ({})))
  }
  for (const { at, entry } of heard) {
    runUntil(at)
    replay.tell(entry)
  }
  runUntil((heard.at(-1)?.at ?? BEGIN) + 10 * DAY)
  return replay
}

type Present = Extract<StandingFact, { kind: 'present' }>

/** The same by the index in Redis, and a list of what is deleted: written anew, as simply as possible. */
async function simulated(heard: readonly Heard[], one: RulePolicy) {
  await bed.redis.flushall()
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const gone = new Map<string, { at: number; pulls: number; fact: Present | undefined }>()
  const ended: { pulls: number }[] = []
  const lastPush = new Map<string, Present>()
  let freed = 0
  let deleted = 0
  const unique = async () => (await index.usage(PROJECT))?.uniqueBytes ?? 0
  const tell = (fact: Fact) => index.apply(PROJECT, [fact])
  const keyOf = ({ repository, digest }: { repository: string; digest: string }) => `${repository}@${digest}`

  async function run(at: number) {
    const plan = planExpiry(one, PROJECT, await allImages(index, PROJECT), at)
    const before = await unique()
    for (const decision of plan) {
      const { repository, digest } = decision
      if (decision.verdict === 'untag')
        for (const tag of decision.untag ?? []) {
          gone.set(`${repository}:${tag}`, { at, pulls: 0, fact: { repository, digest } as Present })
          await tell({ kind: 'untag', repository, at, tag })
        }
      if (decision.verdict !== 'delete') continue
      deleted += 1
      gone.set(keyOf(decision), { at, pulls: 0, fact: lastPush.get(keyOf(decision)) })
      await tell({ kind: 'delete', repository, at, digest })
    }
    freed += before - (await unique())
  }
  const end = (key: string) => {
    const one = gone.get(key)
    if (one !== undefined) ended.push(one)
    gone.delete(key)
  }

  let next = BEGIN + DAY
  const runUntil = async (at: number) => {
    for (; next <= at; next += DAY) await run(next)
  }
  for (const { at, entry } of heard) {
    await runUntil(at)
    const { fact, what } = entry
    if (fact.kind === 'present' && what === 'push') {
      lastPush.set(keyOf(fact), fact)
      end(keyOf(fact))
      if (fact.tag !== undefined) end(`${fact.repository}:${fact.tag}`)
      await tell(fact)
      for (const { kind, digest } of fact.references ?? []) {
        const key = keyOf({ repository: fact.repository, digest })
        const child = gone.get(key)
        if (kind !== 'child' || child?.fact === undefined) continue
        end(key)
        const { tag: _, ...rest } = child.fact
        await tell({ ...rest, at: fact.at, age: { source: 'event', at: fact.at } })
      }
    } else if (fact.kind === 'present') {
      const byTag = gone.get(`${fact.repository}:${fact.tag}`)
      const hit = gone.get(keyOf(fact)) ?? (byTag?.fact?.digest === fact.digest ? byTag : undefined)
      if (hit === undefined) await tell(fact)
      else hit.pulls += 1
    } else await tell(fact)
  }
  await runUntil((heard.at(-1)?.at ?? BEGIN) + 10 * DAY)
  const all = [...gone.values(), ...ended]
  const regretted = all.filter(({ pulls }) => pulls > 0)
  const left = (await allImages(index, PROJECT)).map(keyOf).sort()
  return {
    deleted,
    freed,
    regretted: regretted.length,
    pulls: regretted.reduce((sum, { pulls }) => sum + pulls, 0),
    left,
  }
}

for (const [name, one] of Object.entries(POLICIES))
  test(`a replay comes to what the index in Redis and the planner come to: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyWorkload, async (heard) => {
        const replay = replayed(heard, one)
        const { images, bytes, regretted } = replay.outcome()
        const left = replay.images(PROJECT).map(({ repository, digest }) => `${repository}@${digest}`)
        expect({
          ...{ deleted: images, freed: bytes, regretted: regretted.images + regretted.tags },
          ...{ pulls: regretted.pulls, left: left.sort() },
        }).toEqual(await simulated(heard, one))
      }),
      { numRuns: 40 },
    )
  })

test('a policy that deletes nothing has no regret', () => {
  fc.assert(
    fc.property(anyWorkload, (heard) => {
      for (const rules of [[{ keep: true as const }], [{ tag: { glob: 'none' }, expire: true as const }]])
        expect(replayed(heard, policy(rules)).outcome()).toMatchObject({
          ...{ images: 0, tags: 0, bytes: 0, regretted: { images: 0, tags: 0, pulls: 0, bytes: 0 } },
          examples: [],
        })
    }),
  )
})

test('who deletes more regrets no less', () => {
  const days = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 }))
  fc.assert(
    fc.property(anyWorkload, days, (heard, [few, more]) => {
      const at = (n: number) => policy([{ olderThan: n * 86_400_000, expire: true }])
      const [sooner, later] = [replayed(heard, at(few)), replayed(heard, at(few + more))].map((one) =>
        one.outcome(),
      )
      expect(later?.regretted.images).toBeLessThanOrEqual(sooner?.regretted.images ?? 0)
      expect(later?.regretted.pulls).toBeLessThanOrEqual(sooner?.regretted.pulls ?? 0)
      expect(later?.regretted.bytes).toBeLessThanOrEqual(sooner?.regretted.bytes ?? 0)
    }),
  )
})

test('with a notice, an image goes at the first run after it', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const entry = {
    ...{ what: 'push' as const, id: 'x', registry: 'ci' },
    fact: {
      ...{
        kind: 'present' as const,
        via: 'push' as const,
        repository: 'team/app',
        digest,
        at: BEGIN,
        size: 400,
      },
      ...{
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        tag: 'pr-1',
        references: [],
        extent: 'read' as const,
      },
      age: { source: 'event' as const, at: BEGIN },
    },
  }
  const rules = [{ tag: PR, olderThan: 2 * 86_400_000, expire: true as const }]
  const deletedAt = (notice?: number) =>
    replayed([{ at: BEGIN, entry }], policy(rules, notice === undefined ? {} : { notice }))
      .deletes()
      .map(({ at }) => (at - BEGIN) / DAY)
  expect(deletedAt()).toEqual([3])
  expect(deletedAt(2 * 86_400_000)).toEqual([5])
})
