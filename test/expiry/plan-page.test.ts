import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Decision } from '../../src/expiry/decision.ts'
import type { PlanPart, PlanPosition } from '../../src/expiry/plan-all.ts'
import { takePage } from '../../src/expiry/plan-page.ts'
import { NO_COUNTS } from '../../src/expiry/share.ts'

const planned = (repository: string, digest: string, verdict: 'keep' | 'delete'): Decision => ({
  ...{ project: 'ci/team', repository, digest, tags: [], verdict, rule: null, reason: '' },
})
const known = { age: null, ageSource: 'seen' as const, lastUse: null, isUseKnown: false, sizeBytes: 0 }
const describe = (decision: Decision) => ({ ...decision, ...known })
const rest = { describe, before: NO_COUNTS, warnings: [] }

/** Gives the parts of repositories after a position, as planAll does. */
async function* partsAfter(
  repositories: readonly Decision[][],
  after: PlanPosition | undefined,
): AsyncGenerator<PlanPart> {
  const isBefore = ({ repository, digest }: Decision) =>
    after !== undefined && `${repository} ${digest}` <= `${after.repository} ${after.digest}`
  yield { policy: 'p', registry: 'ci', decided: 0, decisions: [], ...rest }
  for (const images of repositories) {
    if (after !== undefined && (images[0]?.repository ?? '') < after.repository) continue
    const decisions = images.filter((image) => !isBefore(image))
    yield { policy: 'p', registry: 'ci', decided: images.length, decisions, ...rest }
  }
}

test('the pages of a plan have each wanted image once, in order, whatever their limits', async () => {
  const verdict = fc.constantFrom('keep' as const, 'delete' as const)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(verdict, { minLength: 1, maxLength: 9 }), { maxLength: 9 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 30 }),
      async (verdicts, limit, mostDecided) => {
        const repositories = verdicts.map((some, n) => some.map((one, i) => planned(`r${n}`, `d${i}`, one)))
        const isWanted = ({ verdict }: Decision) => verdict === 'delete'
        const found: Decision[] = []
        let after: PlanPosition | undefined
        for (let pages = 0; ; pages++) {
          expect(pages).toBeLessThan(200)
          const page = await takePage(partsAfter(repositories, after), limit, isWanted, mostDecided)
          const images = page.plans.flatMap(({ decisions }) => decisions)
          expect(images.length).toBeLessThanOrEqual(limit)
          found.push(...images)
          if (page.next === null) break
          after = page.next
        }
        expect(found).toEqual(repositories.flat().filter(isWanted).map(describe))
      },
    ),
  )
})

test('a page reads no repository beyond what it needs', async () => {
  const repositories = ['a', 'b', 'c', 'd'].map((name) => [
    planned(name, 'x', 'keep'),
    planned(name, 'y', 'keep'),
  ])
  const read: string[] = []
  async function* spied() {
    for await (const part of partsAfter(repositories, undefined)) {
      read.push(...part.decisions.map(({ repository }) => repository))
      yield part
    }
  }
  await takePage(spied(), 3, () => true)
  expect(read).toEqual(['a', 'a', 'b', 'b'])
  read.length = 0
  const { plans, next } = await takePage(spied(), 3, () => false, 4)
  expect(read).toEqual(['a', 'a', 'b', 'b'])
  expect(plans).toMatchObject([{ decisions: [] }])
  expect(next).toMatchObject({ repository: 'b', digest: 'y' })
})
