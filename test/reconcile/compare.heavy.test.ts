import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
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
  return compare(reading, indexedRepository(own), { readAt, firstReadAt: readAt })
}

async function mend(project: string, reading: RepositoryReading, readAt: number) {
  const { facts, drift } = await comparison(project, reading, readAt)
  if (facts.length > 0) await index.apply(project, facts)
  return drift
}

/** What the index has of the repository. */
async function indexed(project: string) {
  const images = (await allImages(index, project)).filter(({ repository }) => repository === REPOSITORY)
  const links = (await Array.fromAsync(index.facts(project))).filter(
    (fact) => fact.kind === 'link' && fact.repository === REPOSITORY,
  )
  return {
    manifests: images.map(({ digest, references }) => [digest, countContents(references)]).sort(),
    tags: images.flatMap(({ digest, tags }) => tags.map(({ name }) => [name, digest])).sort(),
    // A blob may have two link facts: one with a size, and a later one without.
    links: [...new Set(links.map((link) => ('digest' in link ? link.digest : '')))].sort(),
  }
}

const asIndexed = ({ manifests, tags, links }: RepositoryReading) => ({
  manifests: manifests.map(({ digest, references }) => [digest, countContents(references)]).sort(),
  tags: tags.map(({ tag, digest }) => [tag, digest]).sort(),
  links: (links ?? []).map(({ digest }) => digest).sort(),
})

/** Counts references without subjects: the index may have a subject from before a delete and another push. */
const countContents = (references: readonly { kind: string }[] | undefined) =>
  references?.filter(({ kind }) => kind !== 'subject').length

/** Later than any fact of a history, by more than the grace of a pull. */
const LATER = EPOCH + 3_600_000_000

test('after mending, the index has what was read, and a second comparison finds no drift', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, anyTruth(REPOSITORY), async ({ facts }, reading) => {
      const project = nextProject()
      await index.apply(project, facts)
      const drift = await mend(project, reading, LATER)
      expect(await indexed(project)).toEqual(asIndexed(reading))
      expect(await comparison(project, reading, LATER)).toMatchObject({ facts: [], drift: NO_DRIFT })
      expect(await mend(project, reading, LATER + 1)).toEqual(NO_DRIFT)
      const again = nextProject()
      await index.apply(again, facts)
      expect(await mend(again, reading, LATER)).toEqual(drift)
    }),
    { numRuns: 300 },
  )
})

test('events after the reading win, whether they are applied before or after it', async () => {
  // The tag of a pull is a hint. Any other fact about the tag wins, so the hint may count in one order only.
  const isHint = (fact: Fact) => fact.kind === 'pull' || (fact.kind === 'present' && fact.via === 'pull')
  const movedLater = (fact: Fact): Fact => {
    const later = { ...fact, at: fact.at + 7_200_000_000 }
    if (isHint(fact) && 'tag' in later) delete later.tag
    return later
  }
  await fc.assert(
    fc.asyncProperty(anyHistory, anyHistory, anyTruth(REPOSITORY), async (before, later, reading) => {
      const [early, late] = [nextProject(), nextProject()]
      const newFacts = later.facts.map(movedLater)
      await index.apply(early, [...before.facts, ...newFacts])
      await mend(early, reading, LATER)
      await index.apply(late, before.facts)
      await mend(late, reading, LATER)
      await index.apply(late, newFacts)
      // References are left out: in one order they are known, in the other they are still to be looked up.
      const digestsAndTags = async (project: string) => {
        const { manifests, tags } = await indexed(project)
        return { manifests: manifests.map(([digest]) => digest), tags }
      }
      expect(await digestsAndTags(early)).toEqual(await digestsAndTags(late))
    }),
    { numRuns: 300 },
  )
})

test('after mending, the size of a layer is the one that was read', async () => {
  await fc.assert(
    fc.asyncProperty(anyTruth(REPOSITORY), anyHistory, async (truth, { facts }) => {
      const project = nextProject()
      const readSizes = new Map(truth.links?.map(({ digest, size }) => [digest, size]))
      const own = facts.filter(({ repository }) => repository === REPOSITORY)
      await index.apply(project, own)
      await mend(project, truth, LATER)
      const { uniqueBytes } = (await index.usage(project)) ?? {}
      // Linking every blob again with its size, as an event would, changes nothing.
      const links = [...readSizes].map(([digest, size]): Fact => {
        return { kind: 'link', repository: REPOSITORY, digest, size, at: LATER + 1 }
      })
      await index.apply(project, links)
      expect((await index.usage(project))?.uniqueBytes).toBe(uniqueBytes)
    }),
    { numRuns: 200 },
  )
})

test('what could not be read is not removed', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, anyTruth(REPOSITORY), async ({ facts }, truth) => {
      const project = nextProject()
      await index.apply(project, facts)
      const before = await indexed(project)
      const all = [...new Set(before.manifests.map(([digest]) => String(digest)))]
      const reading = {
        ...truth,
        manifests: [],
        tags: [],
        links: undefined,
        unreadable: all.map((digest) => ({ digest, reason: 'torn' })),
      }
      expect(await mend(project, reading, LATER)).toEqual(NO_DRIFT)
      expect(await indexed(project)).toEqual(before)
    }),
    { numRuns: 100 },
  )
})
