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

/** Compiled once each: random policies use a dozen globs. */
const globs = new Map<string, (name: string) => boolean>()
function fits(pattern: string, name: string): boolean {
  const glob = globs.get(pattern) ?? makeGlob(pattern)
  globs.set(pattern, glob)
  return glob(name)
}
const ruleOf = (policy: ExpiryPolicy, tag: string) => policy.rules.find((rule) => fits(rule.tag, tag))

/** The neighbours of an image within its repository. */
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
  return { children, parents, subjects, isAstray: subjects.length < subjectKeys.length }
}

/** Runs a property over random repositories and policies, with what the plan said of each image. */
function forEveryPlan(
  check: (plan: {
    policy: ExpiryPolicy
    images: IndexedImage[]
    decisions: Decision[]
    goes: (image: IndexedImage) => boolean
    position: (image: IndexedImage) => number
  }) => void,
): void {
  fc.assert(
    fc.property(anyPolicy, anyImages, (policy, images) => {
      const decisions = planExpiry(policy, 'ci/team', images, NOW)
      const positions = new Map(decisions.map((decision, i) => [nameOf(decision), i]))
      const position = (image: IndexedImage) => positions.get(nameOf(image)) ?? -1
      const goes = (image: IndexedImage) => decisions[position(image)]?.verdict === 'delete'
      check({ policy, images, decisions, goes, position })
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

test('nothing that an index lists goes before it, or without it', () =>
  forEveryPlan(({ images, goes, position }) => {
    for (const child of images.filter(goes)) {
      for (const parent of around(images, child).parents) {
        expect(goes(parent)).toBe(true)
        expect(position(parent)).toBeLessThan(position(child))
      }
    }
  }))

test('a signature goes only with everything that it signs, and never before it', () =>
  forEveryPlan(({ images, goes, position }) => {
    for (const signature of images.filter(goes)) {
      const { subjects, isAstray } = around(images, signature)
      expect(isAstray).toBe(false)
      for (const subject of subjects) {
        expect(goes(subject)).toBe(true)
        expect(position(subject)).toBeLessThan(position(signature))
      }
    }
  }))

test('an image goes only if the first matching rule of each of its tags has every condition met', () =>
  forEveryPlan(({ policy, images, goes }) => {
    for (const image of images.filter(goes)) {
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

test('an untagged image goes only with something that it belongs to', () =>
  forEveryPlan(({ images, goes }) => {
    for (const image of images.filter((i) => i.tags.length === 0 && goes(i))) {
      const { parents, subjects } = around(images, image)
      expect([...parents, ...subjects]).not.toEqual([])
    }
  }))

test('a rule that keeps the newest N leaves at least N of those that match, in each repository', () =>
  forEveryPlan(({ policy, images, goes }) => {
    for (const [repository, near] of Map.groupBy(images, (image) => image.repository)) {
      if (!fits(policy.repository, repository)) continue
      for (const rule of policy.rules) {
        const matching = near.filter((i) => ordinary(i).some(({ name }) => ruleOf(policy, name) === rule))
        const kept = matching.filter((image) => !goes(image)).length
        expect(kept).toBeGreaterThanOrEqual(Math.min(rule.keepNewest ?? 0, matching.length))
      }
    }
  }))

test('where it is not known what an image references, nothing of its repository goes', () =>
  forEveryPlan(({ images, goes }) => {
    const unclear = new Set(images.filter((i) => !i.isResolved).map((i) => i.repository))
    expect(images.filter((image) => unclear.has(image.repository) && goes(image))).toEqual([])
  }))

test('one repository does not change the plan of another', () =>
  forEveryPlan(({ policy, images, decisions }) => {
    const own = images.filter(({ repository }) => repository === 'team/app')
    const alone = planExpiry(policy, 'ci/team', own, NOW)
    expect(decisions.filter(({ repository }) => repository === 'team/app')).toEqual(alone)
  }))

/**
 * The definition, as plainly as it can be put: begin with nothing, and add what may go once all that it belongs to
 * goes, until nothing is added. What is left stays.
 */
function deletableOf(policy: ExpiryPolicy, images: readonly IndexedImage[]): Set<IndexedImage> {
  const inScope = images.filter(({ repository }) => fits(policy.repository, repository))
  const isClear = (image: IndexedImage) =>
    inScope.every((i) => i.repository !== image.repository || i.isResolved)
  const goes = new Set<IndexedImage>()
  for (let before = -1; before < goes.size; ) {
    before = goes.size
    for (const image of inScope) {
      const { parents, subjects, isAstray } = around(inScope, image)
      const leaders = [...parents, ...subjects]
      const isSpokenOf = ordinary(image).length + leaders.length > 0
      const expires = ordinary(image).every((tag) => tagExpires(policy, inScope, image, tag))
      if (isClear(image) && !isAstray && isSpokenOf && expires && leaders.every((l) => goes.has(l)))
        goes.add(image)
    }
  }
  return goes
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

test('exactly that goes which the definition lets go', () =>
  forEveryPlan(({ policy, images, goes }) => {
    expect(images.filter(goes).map(nameOf).sort()).toEqual(
      [...deletableOf(policy, images)].map(nameOf).sort(),
    )
  }))

test('the random repositories hold what the properties speak of', () => {
  const seen = { tagged: 0, children: 0, nested: 0, signatures: 0, countersigned: 0, circles: 0, newest: 0 }
  for (const [policy, images] of fc.sample(fc.tuple(anyPolicy, anyImages), { numRuns: 3000, seed: 7 })) {
    const decisions = planExpiry(policy, 'ci/team', images, NOW)
    const gone = images.filter((i) =>
      decisions.some((d) => nameOf(d) === nameOf(i) && d.verdict === 'delete'),
    )
    const has = (check: (image: IndexedImage) => boolean) => Number(gone.some(check))
    const parents = (image: IndexedImage) => around(images, image).parents
    const subjects = (image: IndexedImage) => around(images, image).subjects
    seen.tagged += has((image) => ordinary(image).length > 1)
    seen.children += has((image) => image.tags.length === 0)
    seen.nested += has((image) => parents(image).some((parent) => parents(parent).length > 0))
    seen.signatures += has((image) => subjects(image).length > 0)
    seen.countersigned += has((image) => subjects(image).some((subject) => subjects(subject).length > 0))
    seen.circles += Number(decisions.some(({ reason }) => reason === 'it hangs on a circle of references'))
    seen.newest += Number(decisions.some(({ reason }) => reason.includes('newest')))
  }
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0)
})
