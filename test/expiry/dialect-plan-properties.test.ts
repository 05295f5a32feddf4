import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyDialectPolicy } from '../../lab/dialect-policies.ts'
import { anyImages, NOW } from '../../lab/images.ts'
import { DIALECTS } from '../../src/expiry/dialects/dialects.ts'
import { type DialectPolicy, planExpiry } from '../../src/expiry/plan.ts'
import { policyImagesOf } from '../../src/expiry/policy-images.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'
import { around, nameOf, ordinary } from './around.ts'

type Case = {
  policy: DialectPolicy
  images: IndexedImage[]
  isDeleted: (image: IndexedImage) => boolean
  position: (image: IndexedImage) => number
}

/** Checks a property of the plans of random documents for random images. Gives how many images were deleted by each dialect. */
function forEveryPlan(check: (plan: Case) => void): Record<string, number> {
  const deleted: Record<string, number> = {}
  fc.assert(
    fc.property(anyDialectPolicy, anyImages, (policy, images) => {
      const decisions = planExpiry(policy, 'ci/team', images, NOW)
      const positions = new Map(decisions.map((decision, i) => [nameOf(decision), i]))
      const position = (image: IndexedImage) => positions.get(nameOf(image)) ?? -1
      const isDeleted = (image: IndexedImage) => decisions[position(image)]?.verdict === 'delete'
      deleted[policy.dialect] = (deleted[policy.dialect] ?? 0) + images.filter(isDeleted).length
      check({ policy, images, isDeleted, position })
    }),
    { numRuns: 1000 },
  )
  return deleted
}

test('whatever the document says, no image is deleted that its relations protect, or whose times are not past', () => {
  const deleted = forEveryPlan(({ images, isDeleted, position }) => {
    const unclear = new Set(images.filter((image) => !image.isResolved).map(({ repository }) => repository))
    for (const image of images.filter(isDeleted)) {
      expect(unclear).not.toContain(image.repository)
      if (ordinary(image).length > 0) expect(hasFuture(image)).toBe(false)
      const { parents, subjects, lacksSubject } = around(images, image)
      expect(lacksSubject).toBe(false)
      for (const other of [...parents, ...subjects]) {
        expect(isDeleted(other)).toBe(true)
        expect(position(other)).toBeLessThan(position(image))
      }
    }
  })
  for (const dialect of Object.keys(DIALECTS)) expect(deleted[dialect], dialect).toBeGreaterThan(0)
})

test('no image is deleted that the dialect keeps, or whose times are not known', () => {
  forEveryPlan(({ policy, images, isDeleted }) => {
    const { unit, decidesUntagged, read } = DIALECTS[policy.dialect]
    const decide = read(policy.document)
    for (const [repository, near] of Map.groupBy(images, (image) => image.repository)) {
      // Images of the future are no part of the dialect's scene as they are.
      if (near.some(hasFuture)) continue
      const project = repository.includes('/') ? (repository.split('/')[0] ?? '') : ''
      const sorted = near.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
      const { verdicts } = decide({ images: policyImagesOf(sorted), now: NOW, project })
      const expires = (image: IndexedImage, tag?: string) =>
        verdicts.some((one) => one.image.digest === image.digest && one.tag === tag && !one.isKept)
      for (const image of near.filter(isDeleted)) {
        const { parents, subjects } = around(images, image)
        const isPart = parents.length + subjects.length > 0
        for (const { name, age } of ordinary(image)) {
          expect(expires(image, unit === 'tag' ? name : undefined)).toBe(true)
          expect(age.at).toBeGreaterThan(0)
        }
        if (image.tags.length === 0 && (decidesUntagged || !isPart)) expect(expires(image)).toBe(true)
      }
    }
  })
})

const hasFuture = ({ age, heardSince, pulledAt, tags }: IndexedImage) =>
  [age.at, heardSince, pulledAt, ...tags.map((tag) => tag.age.at)].some((at) => at > NOW)

test('the order of the images does not matter, and other repositories do not, either', () => {
  const anyShuffled = anyImages.chain((images) =>
    fc.tuple(fc.constant(images), fc.shuffledSubarray(images, { minLength: images.length })),
  )
  fc.assert(
    fc.property(anyDialectPolicy, anyShuffled, (policy, [images, shuffled]) => {
      const plan = planExpiry(policy, 'ci/team', images, NOW)
      expect(planExpiry(policy, 'ci/team', shuffled, NOW)).toEqual(plan)
      const own = images.filter(({ repository }) => repository === 'team/app')
      expect(plan.filter(({ repository }) => repository === 'team/app')).toEqual(
        planExpiry(policy, 'ci/team', own, NOW),
      )
    }),
    { numRuns: 300 },
  )
})
