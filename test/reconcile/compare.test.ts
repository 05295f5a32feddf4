import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { anyHistory, anyTruth, EPOCH } from '../../lab/facts.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { compare } from '../../src/reconcile/compare.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { indexedRepository } from '../../src/reconcile/indexed-repository.ts'
import type { RepositoryReading } from '../../src/reconcile/reading.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
let index: UsageIndex
beforeEach(() => {
  index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
})

const REPOSITORY = 'team/app'
let runs = 0
const nextProject = () => `ci/p${runs++}`

async function comparison(project: string, reading: RepositoryReading, readAt: number) {
  const facts = await Array.fromAsync(index.facts(project))
  const own = facts.filter(({ repository }) => repository === REPOSITORY)
  return compare(reading, indexedRepository(own), readAt)
}

async function mend(project: string, reading: RepositoryReading, readAt: number) {
  const { facts, drift } = await comparison(project, reading, readAt)
  if (facts.length > 0) await index.apply(project, facts)
  return drift
}

/** The repository as the index has it, in the terms of a reading. */
async function indexed(project: string) {
  const images = (await index.images(project)).filter(({ repository }) => repository === REPOSITORY)
  const links = (await Array.fromAsync(index.facts(project))).filter(
    (fact) => fact.kind === 'link' && fact.repository === REPOSITORY,
  )
  return {
    manifests: images.map(({ digest, references }) => [digest, contentsOf(references)]).sort(),
    tags: images.flatMap(({ digest, tags }) => tags.map(({ name }) => [name, digest])).sort(),
    // One with a size and a later one without are two facts.
    links: [...new Set(links.map((link) => ('digest' in link ? link.digest : '')))].sort(),
  }
}

const asIndexed = ({ manifests, tags, links }: RepositoryReading) => ({
  manifests: manifests.map(({ digest, references }) => [digest, contentsOf(references)]).sort(),
  tags: tags.map(({ tag, digest }) => [tag, digest]).sort(),
  links: (links ?? []).map(({ digest }) => `key:${digest.slice(7, 39)}`).sort(),
})

/** A manifest's subject may be known from before it was deleted and pushed again: that is no other content. */
const contentsOf = (references: readonly { kind: string }[] | undefined) =>
  references?.filter(({ kind }) => kind !== 'subject').length

/** Later than anything that histories tell, by more than a pull's grace. */
const LATER = EPOCH + 3_600_000_000

test('whatever the index had heard, it says what was read, and a second comparison finds no drift', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, anyTruth(REPOSITORY), async ({ facts }, reading) => {
      const project = nextProject()
      await index.apply(project, facts)
      const drift = await mend(project, reading, LATER)
      expect(await indexed(project)).toEqual(asIndexed(reading))
      expect(await comparison(project, reading, LATER)).toEqual({ facts: [], drift: NO_DRIFT })
      expect(await mend(project, reading, LATER + 1)).toEqual(NO_DRIFT)
      const again = nextProject()
      await index.apply(again, facts)
      expect(await mend(again, reading, LATER)).toEqual(drift)
    }),
    { numRuns: 300 },
  )
}, 60_000)

test('what was heard of later than the reading stands, whether it is applied before or after', async () => {
  // The tag of a pull is a hint, which yields to whatever else is known of the tag: it may count in one order only.
  const isHint = (fact: Fact) => fact.kind === 'pull' || (fact.kind === 'present' && fact.via === 'pull')
  const moved = (fact: Fact): Fact => {
    const later = { ...fact, at: fact.at + 7_200_000_000 }
    if (isHint(fact) && 'tag' in later) delete later.tag
    return later
  }
  await fc.assert(
    fc.asyncProperty(anyHistory, anyHistory, anyTruth(REPOSITORY), async (before, later, reading) => {
      const [early, late] = [nextProject(), nextProject()]
      const news = later.facts.map(moved)
      await index.apply(early, [...before.facts, ...news])
      await mend(early, reading, LATER)
      await index.apply(late, before.facts)
      await mend(late, reading, LATER)
      await index.apply(late, news)
      // What a manifest references is a fact of its own, which may be known in one order and still to be asked in the other.
      const rest = async (project: string) => {
        const { manifests, tags } = await indexed(project)
        return { manifests: manifests.map(([digest]) => digest), tags }
      }
      expect(await rest(early)).toEqual(await rest(late))
    }),
    { numRuns: 300 },
  )
}, 60_000)

test('the size of a layer becomes what was read, whatever a manifest or an event said', async () => {
  await fc.assert(
    fc.asyncProperty(anyTruth(REPOSITORY), anyHistory, async (truth, { facts }) => {
      const project = nextProject()
      const linked = new Map(truth.links?.map(({ digest, size }) => [digest, size]))
      const here = facts.filter(({ repository }) => repository === REPOSITORY)
      await index.apply(project, here)
      await mend(project, truth, LATER)
      const { uniqueBytes } = (await index.usage(project)) ?? {}
      // To tell the true sizes once more changes nothing.
      const told = [...linked].map(([digest, size]): Fact => {
        return { kind: 'link', repository: REPOSITORY, digest, size, at: LATER + 1 }
      })
      await index.apply(project, told)
      expect((await index.usage(project))?.uniqueBytes).toBe(uniqueBytes)
    }),
    { numRuns: 200 },
  )
}, 60_000)

test('nothing is removed for not having been readable', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, anyTruth(REPOSITORY), async ({ facts }, truth) => {
      const project = nextProject()
      await index.apply(project, facts)
      const before = await indexed(project)
      const all = [...new Set(before.manifests.map(([digest]) => String(digest)))]
      const reading = {
        ...{ ...truth, manifests: [], tags: [], links: undefined },
        unreadable: all.map((digest) => ({ digest, reason: 'torn' })),
      }
      expect(await mend(project, reading, LATER)).toEqual(NO_DRIFT)
      expect(await indexed(project)).toEqual(before)
    }),
    { numRuns: 100 },
  )
}, 60_000)
