import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PolicyImage, Verdict } from '../../../src/expiry/dialects/dialect.ts'
import { ecr } from '../../../src/expiry/dialects/ecr.ts'
import {
  ARCHIVE,
  any,
  DAY,
  days,
  digestOf,
  image,
  NOW,
  newest,
  policy,
  prefixed,
  tagged,
  untagged,
} from './ecr-bed.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const age = fc.integer({ min: 0, max: 5 })

const anyImages = fc
  .uniqueArray(
    fc.record({
      ...{ repository: fc.constantFrom('app', 'web'), name: fc.constantFrom(...names) },
      ...{ pushed: fc.option(age), pulled: fc.option(age) },
      tags: fc.uniqueArray(fc.constantFrom('v1', 'v2', 'pr-1', 'pr-v', 'latest'), { maxLength: 3 }),
      // Digests have no circles: an image lists and describes only what has a later letter.
      children: fc.subarray(names, { maxLength: 2 }),
      subject: fc.option(fc.constantFrom(...names), { freq: 2 }),
    }),
    { selector: ({ repository, name }) => `${repository}/${name}`, maxLength: 14 },
  )
  .map((drafts) =>
    drafts.map(({ repository, name, pushed, pulled, tags, children, subject }) =>
      image(name, tags, pushed, {
        repository,
        pulledAt: pulled === null ? null : NOW - pulled * DAY,
        children: children.filter((child) => child > name).map(digestOf),
        subject: subject === null || subject >= name ? null : digestOf(subject),
      }),
    ),
  )

const limit = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map(newest),
  fc.integer({ min: 1, max: 4 }).map((n) => days(n)),
)
const anyRule = <T>(which: T) =>
  fc.oneof(
    fc.tuple(fc.constant(which), limit),
    fc.tuple(fc.constant(which), limit, fc.constant(ARCHIVE)),
    fc.tuple(fc.constant(which), fc.constant(days(2, 'sinceImagePulled')), fc.constant(ARCHIVE)),
  )
const someRules = fc.shuffledSubarray([
  ...[tagged('v*'), tagged('v*', 'pr-*'), tagged('*1'), prefixed('pr-'), prefixed('l', 'v'), untagged],
])
const anyPolicy = fc
  .tuple(
    someRules.chain((selections) => fc.tuple(...selections.map((which) => anyRule(which)))),
    fc.option(anyRule(any)),
  )
  .map(([first, last]) => policy(...first, ...(last ? [last] : [])))
  .filter(({ rules }) => rules.length > 0)

const run = (document: unknown, images: PolicyImage[]) =>
  ecr.read(document)({ images, now: NOW, project: '' })
const nameOf = ({ repository, digest }: PolicyImage) => `${repository}@${digest}`
const byName = (verdicts: Verdict[]) =>
  new Map(verdicts.map((verdict) => [nameOf(verdict.image), { ...verdict, image: undefined }]))

test('the order of the images changes nothing, and each image gets one verdict', () => {
  const shuffled = anyImages.chain((images) =>
    fc.tuple(fc.constant(images), fc.shuffledSubarray(images, { minLength: images.length })),
  )
  fc.assert(
    fc.property(anyPolicy, shuffled, (document, [images, others]) => {
      const [one, other] = [run(document, images), run(document, others)]
      expect(one.verdicts.map((verdict) => verdict.image)).toEqual(images)
      expect(byName(other.verdicts)).toEqual(byName(one.verdicts))
      expect(other.warnings).toEqual(one.warnings)
    }),
  )
})

/** What Amazon's sentences say about an image that no index lists and that describes nothing, image by image. */
function expiresByTheBook(
  document: ReturnType<typeof policy>,
  one: PolicyImage,
  images: PolicyImage[],
): boolean {
  type Rule = { selection: { [key: string]: unknown; countNumber?: number }; action: { type?: string } }
  const rules = document.rules as unknown as Rule[]
  const has = (test: (tag: string) => boolean, { tags }: PolicyImage) => tags.some(({ name }) => test(name))
  const selects = ({ selection }: Rule, other: PolicyImage): boolean => {
    if (selection.tagStatus === 'any') return true
    if (selection.tagStatus === 'untagged') return other.tags.length === 0
    const patterns = (selection.tagPatternList ?? []) as string[]
    const prefixes = (selection.tagPrefixList ?? []) as string[]
    return (
      prefixes.every((prefix) => has((tag) => tag.indexOf(prefix) === 0, other)) &&
      patterns.every((pattern) =>
        has((tag) => new RegExp(`^${pattern.replace('*', '.*')}$`).test(tag), other),
      )
    )
  }
  const rule = rules.find((candidate) => selects(candidate, one))
  if (rule === undefined || rule.action.type !== 'expire' || one.pushedAt === null) return false
  const count = rule.selection.countNumber ?? 0
  if (rule.selection.countType === 'sinceImagePushed') return NOW - one.pushedAt > count * DAY
  const rank = (other: PolicyImage) =>
    `${other.children.length > 0 ? 1 : 0}${other.tags.length === 0 ? 1 : 0}${other.digest}`
  const newer = images.filter(
    (other) =>
      other.repository === one.repository &&
      selects(rule, other) &&
      other.pushedAt !== null &&
      (other.pushedAt === one.pushedAt ? rank(other) > rank(one) : other.pushedAt > (one.pushedAt ?? 0)),
  )
  return newer.length >= count
}

test('rules decide as the documentation says; children and signatures go with what they belong to', () => {
  fc.assert(
    fc.property(anyPolicy, anyImages, (document, images) => {
      const { verdicts } = run(document, images)
      const expired = new Set(
        verdicts.filter(({ isKept }) => !isKept).map((verdict) => nameOf(verdict.image)),
      )
      for (const one of images) {
        const siblings = images.filter(({ repository }) => repository === one.repository)
        const parents = siblings.filter(({ children }) => children.includes(one.digest))
        const subject = siblings.find(({ digest }) => digest === one.subject)
        const isSubjectGone = subject !== undefined && expired.has(nameOf(subject))
        const expected =
          parents.every((parent) => expired.has(nameOf(parent))) &&
          (isSubjectGone || expiresByTheBook(document, one, images))
        expect(expired.has(nameOf(one))).toBe(expected)
      }
    }),
    { numRuns: 300 },
  )
})

test('a policy that only archives expires nothing', () => {
  fc.assert(
    fc.property(anyPolicy, anyImages, ({ rules }, images) => {
      const archiving = { rules: rules.map((rule) => ({ ...rule, action: ARCHIVE })) }
      expect(run(archiving, images).verdicts.every(({ isKept }) => isKept)).toBe(true)
    }),
  )
})
