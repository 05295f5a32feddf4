import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyDialectPolicy } from '../../lab/dialect-policies.ts'
import { anyImages, anyPolicy, NOW, unresolved } from '../../lab/images.ts'
import type { Decision } from '../../src/expiry/decision.ts'
import type { NotUnderstood } from '../../src/expiry/not-understood.ts'
import { type ExpiryPolicy, type ExpiryRule, planExpiry } from '../../src/expiry/plan.ts'
import type { IndexedImage, IndexedTag } from '../../src/usage/indexed-image.ts'

/**
 * What is never deleted, whatever the rules say, by an oracle of its own: a model of a registry carries out the plan of a random
 * policy for random images, step by step, as a registry does. A delete takes all tags of the digest with it.
 */
interface Case {
  images: IndexedImage[]
  /** Digests. */
  isProtected: Set<string>
  notUnderstood: Map<string, NotUnderstood>
}

const key = (digest: string) => digest.slice('sha256:'.length, 'sha256:'.length + 32)
const some = (images: readonly IndexedImage[], often: number) =>
  fc.oneof(
    { weight: 10 - often, arbitrary: fc.constant<IndexedImage[]>([]) },
    { weight: often, arbitrary: fc.subarray([...images], { maxLength: Math.min(2, images.length) }) },
  )

const anyCase: fc.Arbitrary<Case> = anyImages.chain((images) =>
  fc
    .tuple(some(images, 5), some(images, 2), some(images, 5), fc.boolean())
    .map(([kept, unclear, named, areRead]) => {
      const all = images.map((image) => (unclear.includes(image) ? unresolved(image) : image))
      const names = named.map(({ digest }) => key(digest))
      const read = all.filter(({ isResolved }) => areRead && !isResolved)
      return {
        images: all,
        isProtected: new Set(kept.map(({ digest }) => digest)),
        notUnderstood: new Map(read.map(({ digest }) => [digest, { why: 'a test says so', names }])),
      }
    }),
)

const planOf = (policy: ExpiryPolicy, { images, isProtected, notUnderstood }: Case): Decision[] =>
  planExpiry(policy, 'ci/team', images, NOW, {
    protectionOf: ({ digest }) => (isProtected.has(digest) ? 'a test protects it' : undefined),
    notUnderstood,
  })

/** A repository of a registry: its manifests, what each needs beside it, and its tags. */
class ModelRepository {
  readonly manifests: Set<string>
  readonly tags: Map<string, string>
  /** By digest: what it lists, and what signs or describes it. */
  readonly needed = new Map<string, Set<string>>()

  constructor(images: readonly IndexedImage[], notUnderstood: Case['notUnderstood']) {
    this.manifests = new Set(images.map(({ digest }) => digest))
    this.tags = new Map(images.flatMap(({ tags, digest }) => tags.map(({ name }) => [name, digest] as const)))
    const withKey = (wanted: string) => images.filter(({ digest }) => key(digest) === wanted)
    for (const image of images) {
      const { digest, references = [], tags } = image
      for (const reference of references) {
        for (const other of withKey(reference.key))
          if (reference.kind === 'subject') this.need(other.digest, digest)
          else this.need(digest, other.digest)
      }
      for (const { name } of tags) {
        const hex = /^sha256-([0-9a-f]{64})/.exec(name)?.[1]
        if (hex !== undefined) this.need(`sha256:${hex}`, digest)
      }
      for (const name of notUnderstood.get(digest)?.names ?? [])
        for (const other of withKey(name)) this.need(digest, other.digest)
    }
  }

  private need(digest: string, other: string): void {
    if (digest === other) return
    this.needed.set(digest, (this.needed.get(digest) ?? new Set()).add(other))
  }

  carryOut({ verdict, digest, untag = [] }: Decision): void {
    if (verdict === 'untag') for (const tag of untag) this.tags.delete(tag)
    if (verdict !== 'delete') return
    this.manifests.delete(digest)
    for (const [tag, named] of this.tags) if (named === digest) this.tags.delete(tag)
  }

  /** What is gone though something that is there needs it. */
  lost(): string[] {
    return [...this.manifests].flatMap((digest) =>
      [...(this.needed.get(digest) ?? [])].filter((other) => !this.manifests.has(other)),
    )
  }
}

/** Carries out a plan and checks what must hold after each step, since a run may be killed at any moment. */
function carriedOut(
  plan: readonly Decision[],
  { images, notUnderstood }: Case,
): Map<string, ModelRepository> {
  const groups = Map.groupBy(images, ({ repository }) => repository)
  const model = new Map([...groups].map(([name, some]) => [name, new ModelRepository(some, notUnderstood)]))
  for (const decision of plan) {
    const repository = model.get(decision.repository)
    repository?.carryOut(decision)
    if (decision.verdict !== 'keep') expect(repository?.lost()).toEqual([])
  }
  return model
}

const counts = { deleted: 0, untagged: 0, protected: 0, related: 0, named: 0 }

function checkAll(policy: ExpiryPolicy, it: Case): void {
  const plan = planOf(policy, it)
  expect(planOf(policy, it)).toEqual(plan)
  const model = carriedOut(plan, it)
  const unclear = it.images.filter(({ isResolved, digest }) => !isResolved && !it.notUnderstood.has(digest))
  const untouched = new Set(unclear.map(({ repository }) => repository))
  for (const image of it.images) {
    const repository = model.get(image.repository)
    const isHere = repository?.manifests.has(image.digest)
    const mustStay =
      it.isProtected.has(image.digest) ||
      it.notUnderstood.has(image.digest) ||
      untouched.has(image.repository)
    if (mustStay) {
      expect(isHere).toBe(true)
      for (const { name } of image.tags) expect(repository?.tags.get(name)).toBe(image.digest)
    }
    // A tag that goes alone does not take its digest along.
    const decision = plan.find((one) => one.repository === image.repository && one.digest === image.digest)
    if (decision?.verdict === 'untag') {
      expect(isHere).toBe(true)
      const left = image.tags.map(({ name }) => name).filter((name) => repository?.tags.has(name))
      expect(left.length).toBe(image.tags.length - (decision.untag?.length ?? 0))
      expect(left.length).toBeGreaterThan(0)
    }
    counts.untagged += Number(decision?.verdict === 'untag')
    counts.deleted += Number(!isHere)
    counts.related += Number(
      !isHere && [...(repository?.needed.values() ?? [])].some((all) => all.has(image.digest)),
    )
  }
  // That protections and names decide anything is seen from the plan without them.
  const free = planOf(policy, { ...it, isProtected: new Set() }).filter(({ verdict }) => verdict === 'delete')
  counts.protected += free.filter(({ digest }) => it.isProtected.has(digest)).length
  const names = new Set([...it.notUnderstood.values()].flatMap((one) => one.names))
  counts.named += plan.filter(({ verdict, digest }) => verdict === 'keep' && names.has(key(digest))).length
}

describe('after each step of a plan, all is there that what is left needs, and what must stay', () => {
  test('by random rules', () => {
    fc.assert(fc.property(anyPolicy, anyCase, checkAll), { numRuns: 1500 })
    for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0)
  })

  test('by random documents of other systems', () => {
    fc.assert(fc.property(anyDialectPolicy, anyCase, checkAll), { numRuns: 1500 })
  })
})

/** The globs of random rules, as expressions. */
const GLOBS: Record<string, RegExp> = {
  ...{ 'pr-*': /^pr-/, 'v*': /^v/, 'nightly-*': /^nightly-/, '**': /./, '*': /./ },
  ...{ '{v1,pr-1}': /^(v1|pr-1)$/, latest: /^latest$/ },
}

/** Whether a rule is about a tag, or, without one, about an image without tags. */
function isAbout({ tag, tagged }: ExpiryRule, name: string | undefined): boolean {
  if (tagged !== undefined && tagged !== (name !== undefined)) return false
  if (tag === undefined) return true
  const expression = 'glob' in tag ? GLOBS[tag.glob] : undefined
  if (expression === undefined) throw new Error(`a glob that this test does not know: ${JSON.stringify(tag)}`)
  return name !== undefined && expression.test(name)
}

/** Whether the rules leave no doubt that a tag stays: a rule keeps it, or no rule that expires is about it, or it is too young. */
function certainlyStays(
  rules: readonly ExpiryRule[],
  image: IndexedImage,
  tag: IndexedTag | undefined,
): boolean {
  const about = rules.filter((rule) => isAbout(rule, tag?.name))
  const isBare = ({ olderThan, notUsedFor }: ExpiryRule) =>
    olderThan === undefined && notUsedFor === undefined
  if (about.some((rule) => rule.keep === true && isBare(rule))) return true
  const { at, source } = tag?.age ?? image.age
  return about
    .filter((rule) => rule.expire === true)
    .every(({ olderThan, notUsedFor }) => {
      const isYoung = source === 'event' && olderThan !== undefined && NOW - at <= olderThan * 1000
      const isUsed = notUsedFor !== undefined && NOW - image.pulledAt <= notUsedFor * 1000
      return isYoung || isUsed
    })
}

test('a digest that a kept tag names stays with that tag, and an image that no rule expires stays', () => {
  let stayed = 0
  fc.assert(
    fc.property(anyPolicy, anyCase, (policy, it) => {
      const model = carriedOut(planOf(policy, it), it)
      for (const image of it.images) {
        const repository = model.get(image.repository)
        const ordinary = image.tags.filter(({ name }) => !name.startsWith('sha256-'))
        for (const tag of ordinary)
          if (certainlyStays(policy.rules, image, tag)) {
            expect(repository?.tags.get(tag.name)).toBe(image.digest)
            stayed += Number(ordinary.length > 1)
          }
        const isPart = [...(repository?.needed.values() ?? [])].some((all) => all.has(image.digest))
        if (image.tags.length === 0 && !isPart && certainlyStays(policy.rules, image, undefined))
          expect(repository?.manifests.has(image.digest)).toBe(true)
      }
    }),
    { numRuns: 2000 },
  )
  expect(stayed).toBeGreaterThan(0)
})
