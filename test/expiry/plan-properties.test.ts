import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyImages, anyPolicy, NOW } from '../../lab/images.ts'
import type { Decision } from '../../src/expiry/decision.ts'
import { type ExpiryPolicy, type ExpiryRule, planExpiry } from '../../src/expiry/plan.ts'
import { makeGlob } from '../../src/platform/glob.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

const nameOf = (image: { repository: string; digest: string }) => `${image.repository}@${image.digest}`
const keyOf = (digest: string) => digest.slice('sha256:'.length, 'sha256:'.length + 32)
const subjectOfTag = (tag: string) => /^sha256-([0-9a-f]{64})/.exec(tag)?.[1]?.slice(0, 32)
const ordinary = (image: IndexedImage) => image.tags.filter(({ name }) => subjectOfTag(name) === undefined)

/** Compiled globs: random policies use a dozen of them again and again. */
const globs = new Map<string, (name: string) => boolean>()
function fits(pattern: string, name: string): boolean {
  const glob = globs.get(pattern) ?? makeGlob(pattern)
  globs.set(pattern, glob)
  return glob(name)
}
const ruleOf = (policy: ExpiryPolicy, tag: string) => policy.rules.find((rule) => fits(rule.tag, tag))

/** The images of the repository that are related to `image`. */
function around(images: readonly IndexedImage[], image: IndexedImage) {
  const near = images.filter(({ repository }) => repository === image.repository)
  const find = (key: string) => near.find((other) => keyOf(other.digest) === key)
  const partsOf = (whole: IndexedImage) => (whole.references ?? []).filter(({ kind }) => kind !== 'subject')
  const children = partsOf(image).flatMap(({ key }) => find(key) ?? [])
  const parents = near.filter((whole) => partsOf(whole).some(({ key }) => key === keyOf(image.digest)))
  const subjectKeys = [
    ...image.tags.flatMap(({ name }) => subjectOfTag(name) ?? []),
    ...(image.references ?? []).flatMap(({ kind, key }) => (kind === 'subject' ? [key] : [])),
  ]
  const subjects = subjectKeys.flatMap((key) => find(key) ?? [])
  return { children, parents, subjects, lacksSubject: subjects.length < subjectKeys.length }
}

/** Checks a property of the plans of random policies for random images. */
function forEveryPlan(
  check: (plan: {
    policy: ExpiryPolicy
    images: IndexedImage[]
    decisions: Decision[]
    isDeleted: (image: IndexedImage) => boolean
    position: (image: IndexedImage) => number
  }) => void,
): void {
  fc.assert(
    fc.property(anyPolicy, anyImages, (policy, images) => {
      const decisions = planExpiry(policy, 'ci/team', images, NOW)
      const positions = new Map(decisions.map((decision, i) => [nameOf(decision), i]))
      const position = (image: IndexedImage) => positions.get(nameOf(image)) ?? -1
      const isDeleted = (image: IndexedImage) => decisions[position(image)]?.verdict === 'delete'
      check({ policy, images, decisions, isDeleted, position })
    }),
    { numRuns: 1500 },
  )
}

test('a plan decides about every image in scope, once, and about no other', () =>
  forEveryPlan(({ policy, images, decisions }) => {
    const inScope = images.filter(({ repository }) => fits(policy.repository, repository))
    expect(decisions.map(nameOf).sort()).toEqual(inScope.map(nameOf).sort())
    for (const decision of decisions) {
      const image = images.find((i) => nameOf(i) === nameOf(decision))
      expect(decision.tags).toEqual(image?.tags.map(({ name }) => name))
      expect(decision.project).toBe('ci/team')
      expect(decision.reason).not.toBe('')
    }
  }))

test('the order of the input does not matter, and the same input gives the same plan', () => {
  const anyShuffled = anyImages.chain((images) =>
    fc.tuple(fc.constant(images), fc.shuffledSubarray(images, { minLength: images.length })),
  )
  fc.assert(
    fc.property(anyPolicy, anyShuffled, (policy, [images, shuffled]) => {
      const before = JSON.stringify(images)
      const plan = planExpiry(policy, 'ci/team', images, NOW)
      expect(planExpiry(policy, 'ci/team', shuffled, NOW)).toEqual(plan)
      expect(JSON.stringify(images)).toBe(before)
    }),
    { numRuns: 1000 },
  )
})

test('the children of an index are deleted only with it, and after it', () =>
  forEveryPlan(({ images, isDeleted, position }) => {
    for (const child of images.filter(isDeleted)) {
      for (const parent of around(images, child).parents) {
        expect(isDeleted(parent)).toBe(true)
        expect(position(parent)).toBeLessThan(position(child))
      }
    }
  }))

test('a signature is deleted only with everything that it signs, and after it', () =>
  forEveryPlan(({ images, isDeleted, position }) => {
    for (const signature of images.filter(isDeleted)) {
      const { subjects, lacksSubject } = around(images, signature)
      expect(lacksSubject).toBe(false)
      for (const subject of subjects) {
        expect(isDeleted(subject)).toBe(true)
        expect(position(subject)).toBeLessThan(position(signature))
      }
    }
  }))

test('an image is deleted only if it meets every condition of the first matching rule of each of its tags', () =>
  forEveryPlan(({ policy, images, isDeleted }) => {
    for (const image of images.filter(isDeleted)) {
      for (const { name, taggedAt } of ordinary(image)) {
        const rule = ruleOf(policy, name)
        expect(rule).toBeDefined()
        expect(taggedAt).toBeGreaterThan(0)
        expect(taggedAt).toBeLessThanOrEqual(NOW)
        expect(NOW - taggedAt).toBeGreaterThan((rule?.olderThan ?? -1) * 1000)
        expect(NOW - image.pulledAt).toBeGreaterThan((rule?.notPulledFor ?? -1) * 1000)
        expect(NOW - taggedAt).toBeGreaterThan((rule?.notPulledFor ?? -1) * 1000)
        for (const child of around(images, image).children)
          expect(NOW - child.pulledAt).toBeGreaterThan((rule?.notPulledFor ?? -1) * 1000)
      }
    }
  }))

test('an untagged image is deleted only if it belongs to another image', () =>
  forEveryPlan(({ images, isDeleted }) => {
    for (const image of images.filter((i) => i.tags.length === 0 && isDeleted(i))) {
      const { parents, subjects } = around(images, image)
      expect([...parents, ...subjects]).not.toEqual([])
    }
  }))

test('a rule that keeps the newest N leaves at least N of those that match, in each repository', () =>
  forEveryPlan(({ policy, images, isDeleted }) => {
    for (const [repository, near] of Map.groupBy(images, (image) => image.repository)) {
      if (!fits(policy.repository, repository)) continue
      for (const rule of policy.rules) {
        const matching = near.filter((i) => ordinary(i).some(({ name }) => ruleOf(policy, name) === rule))
        const kept = matching.filter((image) => !isDeleted(image)).length
        expect(kept).toBeGreaterThanOrEqual(Math.min(rule.keepNewest ?? 0, matching.length))
      }
    }
  }))

test('an unresolved image keeps every image of its repository', () =>
  forEveryPlan(({ images, isDeleted }) => {
    const unclear = new Set(images.filter((i) => !i.isResolved).map((i) => i.repository))
    expect(images.filter((image) => unclear.has(image.repository) && isDeleted(image))).toEqual([])
  }))

test('the plan of a repository does not depend on other repositories', () =>
  forEveryPlan(({ policy, images, decisions }) => {
    const own = images.filter(({ repository }) => repository === 'team/app')
    const alone = planExpiry(policy, 'ci/team', own, NOW)
    expect(decisions.filter(({ repository }) => repository === 'team/app')).toEqual(alone)
  }))

/**
 * The definition in its plainest form: begin with an empty set, and add each image whose tags have expired and whose
 * parents and subjects are in the set, until nothing is added.
 */
function deletableOf(policy: ExpiryPolicy, images: readonly IndexedImage[]): Set<IndexedImage> {
  const inScope = images.filter(({ repository }) => fits(policy.repository, repository))
  const isClear = (image: IndexedImage) =>
    inScope.every((i) => i.repository !== image.repository || i.isResolved)
  const deletable = new Set<IndexedImage>()
  for (let before = -1; before < deletable.size; ) {
    before = deletable.size
    for (const image of inScope) {
      const { parents, subjects, lacksSubject } = around(inScope, image)
      const needed = [...parents, ...subjects]
      const hasReason = ordinary(image).length + needed.length > 0
      const expires = ordinary(image).every((tag) => tagExpires(policy, inScope, image, tag))
      if (
        isClear(image) &&
        !lacksSubject &&
        hasReason &&
        expires &&
        needed.every((other) => deletable.has(other))
      )
        deletable.add(image)
    }
  }
  return deletable
}

function tagExpires(
  policy: ExpiryPolicy,
  images: readonly IndexedImage[],
  image: IndexedImage,
  tag: IndexedImage['tags'][number],
): boolean {
  const rule = ruleOf(policy, tag.name)
  const whole = [image]
  for (let i = 0; i < whole.length; i++)
    for (const part of whole.slice(i, i + 1))
      whole.push(...around(images, part).children.filter((c) => !whole.includes(c)))
  const pushed = Math.max(tag.taggedAt, ...whole.map((part) => part.pushedAt))
  const pulled = Math.max(...whole.map((part) => part.pulledAt))
  if (rule === undefined || tag.taggedAt === 0 || Math.max(pushed, pulled) > NOW) return false
  if ((rule.olderThan ?? rule.notPulledFor ?? rule.keepNewest) === undefined) return false
  const old = rule.olderThan === undefined || NOW - pushed > rule.olderThan * 1000
  const idle = rule.notPulledFor === undefined || NOW - Math.max(pushed, pulled) > rule.notPulledFor * 1000
  return (
    old && idle && (rule.keepNewest === undefined || newer(policy, rule, images, image) >= rule.keepNewest)
  )
}

/** How many images of the repository have a tag of this rule that is younger than the image's own. */
function newer(policy: ExpiryPolicy, rule: ExpiryRule, images: readonly IndexedImage[], image: IndexedImage) {
  const youngest = (i: IndexedImage) =>
    Math.max(
      0,
      ...ordinary(i)
        .filter(({ name, taggedAt }) => ruleOf(policy, name) === rule && taggedAt <= NOW)
        .map(({ taggedAt }) => taggedAt),
    )
  const mine = youngest(image)
  return images.filter(
    (i) =>
      i.repository === image.repository &&
      (youngest(i) > mine || (youngest(i) === mine && mine > 0 && i.digest < image.digest)),
  ).length
}

test('the plan deletes exactly what the definition deletes', () =>
  forEveryPlan(({ policy, images, isDeleted }) => {
    expect(images.filter(isDeleted).map(nameOf).sort()).toEqual(
      [...deletableOf(policy, images)].map(nameOf).sort(),
    )
  }))

test('the random repositories contain the cases that the properties are about', () => {
  const counts = { tagged: 0, children: 0, nested: 0, signatures: 0, countersigned: 0, circles: 0, newest: 0 }
  for (const [policy, images] of fc.sample(fc.tuple(anyPolicy, anyImages), { numRuns: 3000, seed: 7 })) {
    const decisions = planExpiry(policy, 'ci/team', images, NOW)
    const deleted = images.filter((i) =>
      decisions.some((d) => nameOf(d) === nameOf(i) && d.verdict === 'delete'),
    )
    const has = (check: (image: IndexedImage) => boolean) => Number(deleted.some(check))
    const parents = (image: IndexedImage) => around(images, image).parents
    const subjects = (image: IndexedImage) => around(images, image).subjects
    counts.tagged += has((image) => ordinary(image).length > 1)
    counts.children += has((image) => image.tags.length === 0)
    counts.nested += has((image) => parents(image).some((parent) => parents(parent).length > 0))
    counts.signatures += has((image) => subjects(image).length > 0)
    counts.countersigned += has((image) => subjects(image).some((subject) => subjects(subject).length > 0))
    counts.circles += Number(
      decisions.some(({ reason }) => reason === 'its references form a circle, or lead to one'),
    )
    counts.newest += Number(decisions.some(({ reason }) => reason.includes('newest')))
  }
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0)
})
