import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyImages, anyPolicy, DAY, indexed, NOW, seen } from '../../lab/images.ts'
import { expiring } from '../../lab/rules.ts'
import type { Decision } from '../../src/expiry/decision.ts'
import { type ExpiryRule, planExpiry, type RulePolicy } from '../../src/expiry/plan.ts'
import { makeGlob } from '../../src/platform/glob.ts'
import type { Age } from '../../src/usage/age.ts'
import type { IndexedImage, IndexedTag } from '../../src/usage/indexed-image.ts'
import { around, nameOf, ordinary } from './around.ts'

/** Compiled globs: random policies use a dozen of them again and again. */
const globs = new Map<string, (name: string) => boolean>()
function fits(pattern: string, name: string): boolean {
  const glob = globs.get(pattern) ?? makeGlob(pattern)
  globs.set(pattern, glob)
  return glob(name)
}
/** Whether a rule is about a tag, or about an image without tags. */
const isAbout = ({ tag, tagged }: ExpiryRule, name: string | undefined): boolean =>
  (tag === undefined || (name !== undefined && 'glob' in tag && fits(tag.glob, name))) &&
  (tagged === undefined || tagged === (name !== undefined))

/** Checks a property of the plans of random policies for random images. */
function forEveryPlan(
  check: (plan: {
    policy: RulePolicy
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

test('an image is deleted only if each of its tags meets every condition of a rule that expires', () =>
  forEveryPlan(({ policy, images, isDeleted }) => {
    for (const image of images.filter(isDeleted))
      for (const tag of ordinary(image)) {
        expect(tag.age.at).toBeGreaterThan(0)
        expect(tag.age.at).toBeLessThanOrEqual(NOW)
        const meets = ({ olderThan = -1, notUsedFor = -1 }: ExpiryRule) =>
          NOW - timesOf(image, tag).latest > olderThan * 1000 &&
          NOW - image.age.at > olderThan * 1000 &&
          [tag.age.at, image.heardSince, image.pulledAt].every((at) => NOW - at > notUsedFor * 1000) &&
          around(images, image).children.every(({ pulledAt }) => NOW - pulledAt > notUsedFor * 1000)
        const rules = policy.rules.filter((rule) => rule.expire && isAbout(rule, tag.name))
        expect(rules.some(meets)).toBe(true)
      }
  }))

test('a tag that a rule keeps without a condition stays, and so does its image', () =>
  forEveryPlan(({ policy, images, decisions, position }) => {
    const always = policy.rules.filter(
      ({ keep, olderThan, notUsedFor }) => keep === true && (olderThan ?? notUsedFor) === undefined,
    )
    for (const image of images.filter((one) => fits(policy.repository, one.repository)))
      for (const { name } of ordinary(image)) {
        if (!always.some((rule) => isAbout(rule, name))) continue
        const decision = decisions[position(image)]
        expect(decision?.verdict).not.toBe('delete')
        expect(decision?.untag ?? []).not.toContain(name)
      }
  }))

test('tags go from an image that stays only if it stays for another tag', () =>
  forEveryPlan(({ policy, images, decisions, position }) => {
    for (const image of images) {
      const decision = decisions[position(image)]
      if (decision?.verdict !== 'untag') continue
      const names = ordinary(image).map(({ name }) => name)
      const goes = ordinary(image).filter((tag) => itemExpires(policy, images, image, tag))
      expect(decision.untag).toEqual(goes.map(({ name }) => name))
      expect(goes.length).toBeGreaterThan(0)
      expect(goes.length).toBeLessThan(names.length)
      const { parents, subjects, lacksSubject } = around(images, image)
      expect(lacksSubject).toBe(false)
      for (const other of [...parents, ...subjects])
        expect(decisions[position(other)]?.verdict).toBe('delete')
    }
  }))

test('a rule that keeps the newest N leaves at least N of those that it is about, in each repository', () =>
  forEveryPlan(({ policy, images, isDeleted }) => {
    for (const [repository, near] of Map.groupBy(images, (image) => image.repository)) {
      if (!fits(policy.repository, repository)) continue
      for (const rule of policy.rules) {
        if (rule.keep === undefined || rule.keep === true) continue
        if ((rule.olderThan ?? rule.notUsedFor) !== undefined) continue
        const about = near.filter((i) => itemsOf(images, i).some((tag) => isAbout(rule, tag?.name)))
        const kept = about.filter((image) => !isDeleted(image)).length
        expect(kept).toBeGreaterThanOrEqual(Math.min(rule.keep.newest, about.length))
      }
    }
  }))

test('what a plan claims about the order is true, whatever the times are of which only a bound is known', () => {
  const anyTag = fc.record({
    at: fc.integer({ min: 1, max: 6 }),
    isBound: fc.boolean(),
    earlier: fc.integer({ min: 0, max: 6 }),
  })
  const anyRepository = fc.array(fc.array(anyTag, { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 9,
  })
  fc.assert(
    fc.property(anyRepository, fc.integer({ min: 0, max: 4 }), (drafts, keepNewest) => {
      const imagesWith = (ageOf: (tag: (typeof drafts)[number][number]) => Age) =>
        drafts.map((tags, n) =>
          indexed(`${n}`, {
            tags: Object.fromEntries(tags.map((tag, i) => [`v${n}-${i}`, ageOf(tag)])),
            age: seen(NOW),
          }),
        )
      const trueAge = ({ at, isBound, earlier }: (typeof drafts)[number][number]): Age => ({
        at: NOW - (7 - at + (isBound ? earlier : 0)) * DAY,
        source: 'event',
      })
      const known = imagesWith(trueAge)
      const bounds = imagesWith((tag) => (tag.isBound ? seen(NOW - (7 - tag.at) * DAY) : trueAge(tag)))
      const truth = new Map(
        known.map((image) => [image.digest, Math.max(...image.tags.map(({ age }) => age.at))]),
      )
      const policy = {
        ...{ name: 'p', registry: 'ci', repository: '**' },
        rules: expiring({ keepNewest }),
      }
      const deletedOnceKnown = planExpiry(policy, 'ci/team', known, NOW)
        .filter(({ verdict }) => verdict === 'delete')
        .map(({ digest }) => digest)
      for (const { digest, verdict, reason } of planExpiry(policy, 'ci/team', bounds, NOW)) {
        const own = truth.get(digest) ?? 0
        const newerInTruth = [...truth.values()].filter((at) => at > own).length
        const claimed = Number(/number (\d+)/.exec(reason)?.[1])
        if (verdict === 'delete') {
          if (keepNewest === 0) continue
          expect(claimed).toBeGreaterThan(keepNewest)
          expect(newerInTruth).toBeGreaterThanOrEqual(claimed - 1)
          expect(deletedOnceKnown).toContain(digest)
        } else if (reason.includes('it is number')) expect(newerInTruth).toBe(claimed - 1)
        else if (reason.includes('it is among')) expect(newerInTruth).toBeLessThan(keepNewest)
        else expect(reason).toContain('it may be among')
      }
    }),
    { numRuns: 1500 },
  )
})

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
function deletableOf(policy: RulePolicy, images: readonly IndexedImage[]): Set<IndexedImage> {
  const inScope = images.filter(({ repository }) => fits(policy.repository, repository))
  const isClear = (image: IndexedImage) =>
    inScope.every((i) => i.repository !== image.repository || i.isResolved)
  const deletable = new Set<IndexedImage>()
  for (let before = -1; before < deletable.size; ) {
    before = deletable.size
    for (const image of inScope) {
      const { parents, subjects, lacksSubject } = around(inScope, image)
      const needed = [...parents, ...subjects]
      const items = itemsOf(inScope, image)
      const hasReason = items.length + needed.length > 0
      const expires = items.every((tag) => itemExpires(policy, inScope, image, tag))
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

/** What is decided on: the tags of an image; `undefined` stands for an image without tags that belongs to no other. */
function itemsOf(images: readonly IndexedImage[], image: IndexedImage): (IndexedTag | undefined)[] {
  const { parents, subjects } = around(images, image)
  return image.tags.length === 0 && parents.length + subjects.length === 0 ? [undefined] : ordinary(image)
}

/** Whether a tag of an image expires, or an image without tags. */
function itemExpires(
  policy: RulePolicy,
  images: readonly IndexedImage[],
  image: IndexedImage,
  tag: IndexedTag | undefined,
): boolean {
  const { pushed, isKnown, used } = timesOfItem(images, image, tag)
  if ((tag?.age ?? image.age).at === 0 || Math.max(pushed, used) > NOW) return false
  const about = policy.rules.filter((rule) => isAbout(rule, tag?.name))
  const keeps = (rule: ExpiryRule) =>
    rule.keep !== undefined &&
    meets(rule, { pushed, isKnown, used }) !== 'no' &&
    (rule.keep === true ||
      meets(rule, { pushed, isKnown, used }) === 'perhaps' ||
      newer(rule, images, image) < rule.keep.newest)
  return (
    !about.some(keeps) &&
    about.some((rule) => rule.expire && meets(rule, { pushed, isKnown, used }) === 'yes')
  )
}

/** The latest push and the latest use that there were or may have been, and whether the push is known. */
function timesOfItem(images: readonly IndexedImage[], image: IndexedImage, tag: IndexedTag | undefined) {
  const whole = [image]
  for (let i = 0; i < whole.length; i++)
    for (const part of whole.slice(i, i + 1))
      whole.push(...around(images, part).children.filter((c) => !whole.includes(c)))
  const own =
    tag === undefined ? { latest: image.age.at, isKnown: !isBound(image.age) } : latestOf(image, tag)
  const pushed = Math.max(own.latest, ...whole.map((part) => part.age.at))
  const isKnown =
    (own.latest === pushed && own.isKnown) || whole.some(({ age }) => age.at === pushed && !isBound(age))
  const used = Math.max(
    tag?.age.at ?? 0,
    ...whole.flatMap((part) => [isBound(part.age) ? 0 : part.age.at, part.heardSince, part.pulledAt]),
  )
  return { pushed, isKnown, used }
}

const latestOf = (image: IndexedImage, tag: IndexedTag) => {
  const { earliest, latest } = timesOf(image, tag)
  return { latest, isKnown: earliest === latest }
}

/** Whether an item meets the conditions of a rule that is about it. */
function meets(
  { olderThan, notUsedFor }: ExpiryRule,
  { pushed, isKnown, used }: ReturnType<typeof timesOfItem>,
): 'yes' | 'no' | 'perhaps' {
  const isOld = olderThan === undefined || NOW - pushed > olderThan * 1000
  const isIdle = notUsedFor === undefined || NOW - used > notUsedFor * 1000
  if (!isIdle || (!isOld && isKnown)) return 'no'
  return isOld ? 'yes' : 'perhaps'
}

const isBound = ({ source }: Age) => source === 'seen' || source === 'undated'

/** Between which times the tag was put on the image, if its age is only a bound or not known at all. */
function timesOf(image: IndexedImage, { age }: Pick<IndexedTag, 'age'>) {
  if (age.at === 0) return { earliest: Number.NEGATIVE_INFINITY, latest: Number.POSITIVE_INFINITY }
  if (!isBound(age)) return { earliest: age.at, latest: age.at }
  const countsForTag = !isBound(image.age) && image.age.at > 0 && image.age.at <= age.at
  return countsForTag && age.at <= image.heardSince
    ? { earliest: image.age.at, latest: image.age.at }
    : { earliest: Number.NEGATIVE_INFINITY, latest: age.at }
}

/** How many images of the repository are newer by this rule, if every unknown order is the worst for deleting. */
function newer(rule: ExpiryRule, images: readonly IndexedImage[], image: IndexedImage) {
  const timesBy = (i: IndexedImage) => {
    return itemsOf(images, i)
      .filter((tag) => isAbout(rule, tag?.name))
      .filter((tag) => {
        const times = timesOfItem(images, i, tag)
        if ((tag?.age ?? i.age).at === 0 || Math.max(times.pushed, times.used) > NOW) return false
        return meets(rule, times) === 'yes'
      })
      .map((tag) => timesOf(i, tag ?? { age: i.age }))
  }
  const mine = Math.max(...timesBy(image).map(({ latest }) => latest))
  return images.filter(
    (i) => i.repository === image.repository && timesBy(i).some(({ earliest }) => earliest > mine),
  ).length
}

test('the plan deletes exactly what the definition deletes', () =>
  forEveryPlan(({ policy, images, isDeleted }) => {
    expect(images.filter(isDeleted).map(nameOf).sort()).toEqual(
      [...deletableOf(policy, images)].map(nameOf).sort(),
    )
  }))

test('the random repositories contain the cases that the properties are about', () => {
  const counts = {
    tagged: 0,
    children: 0,
    untagged: 0,
    untag: 0,
    nested: 0,
    signatures: 0,
    countersigned: 0,
    circles: 0,
    newest: 0,
    bounds: 0,
    unknown: 0,
  }
  for (const [policy, images] of fc.sample(fc.tuple(anyPolicy, anyImages), { numRuns: 3000, seed: 7 })) {
    const decisions = planExpiry(policy, 'ci/team', images, NOW)
    const deleted = images.filter((i) =>
      decisions.some((d) => nameOf(d) === nameOf(i) && d.verdict === 'delete'),
    )
    const has = (check: (image: IndexedImage) => boolean) => Number(deleted.some(check))
    const parents = (image: IndexedImage) => around(images, image).parents
    const subjects = (image: IndexedImage) => around(images, image).subjects
    counts.tagged += has((image) => ordinary(image).length > 1)
    counts.children += has((image) => image.tags.length === 0 && parents(image).length > 0)
    counts.untagged += has((image) => image.tags.length === 0 && parents(image).length === 0)
    counts.untag += Number(decisions.some(({ verdict }) => verdict === 'untag'))
    counts.nested += has((image) => parents(image).some((parent) => parents(parent).length > 0))
    counts.signatures += has((image) => subjects(image).length > 0)
    counts.countersigned += has((image) => subjects(image).some((subject) => subjects(subject).length > 0))
    counts.circles += Number(
      decisions.some(({ reason }) => reason === 'its references form a circle, or lead to one'),
    )
    counts.bounds += Number(decisions.some(({ reason }) => reason.includes('it is at least')))
    counts.unknown += Number(decisions.some(({ reason }) => reason.includes('it may be among')))
    counts.newest += Number(decisions.some(({ reason }) => reason.includes('newest')))
  }
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0)
})
