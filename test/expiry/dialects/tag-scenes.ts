import fc from 'fast-check'
import type { Dialect, Outcome, PolicyImage, PolicyTag } from '../../../src/expiry/dialects/dialect.ts'
import { type Report, reportOf } from '../../../src/expiry/dialects/report.ts'

/** Scenes for tests of dialects that decide by tag. Times in epoch µs. */
export const NOW = Date.UTC(2026, 10, 20) * 1000
export const HOUR = 3600e6
export const DAY = 24 * HOUR

/** A digest of one hex digit, again and again. */
export const digest = (digit: string): string => `sha256:${digit.repeat(64)}`

/** An image of `app` that was pushed a day ago and never pulled. Its digest is made from `digit`. */
export function image(digit: string, tags: string[], more: Partial<PolicyImage> = {}): PolicyImage {
  const pushedAt = more.pushedAt === undefined ? NOW - DAY : more.pushedAt
  return {
    ...{ repository: 'app', digest: digest(digit), tags: tags.map((name) => ({ name, taggedAt: pushedAt })) },
    ...{ pulledAt: null, createdAt: null, mediaType: '', labels: {}, children: [], subject: null },
    ...{ immutable: false, ...more, pushedAt },
  }
}

export const decide = (dialect: Dialect, document: unknown, images: readonly PolicyImage[]): Outcome =>
  dialect.read(document)({ images, now: NOW, project: '' })

export const report = (dialect: Dialect, document: unknown, images: readonly PolicyImage[]): Report =>
  reportOf(dialect, decide(dialect, document, images))

/** The names of what expires, without the repository `app`; digests as their digit. */
export const expired = (dialect: Dialect, document: unknown, images: readonly PolicyImage[]): string[] =>
  report(dialect, document, images).expired.map((name) =>
    name.replace(/^app[:]/, '').replace(/^app@sha256:(.).*$/, '@$1'),
  )

const times = fc.option(fc.integer({ min: 0, max: 8 }).map((days) => NOW - days * DAY))
const names = fc.constantFrom(
  'v1',
  'v2',
  'v10',
  'dev-1',
  'latest',
  `sha256-${'1'.repeat(64)}.sig`,
  `sha256-${'2'.repeat(64)}.att`,
)
const digits = [...'0123456789abcdef']

/** Repositories with up to 16 images. No two images have the same digest, no two tags of a repository the same name. */
export const anyImages: fc.Arbitrary<PolicyImage[]> = fc
  .array(
    fc.record({
      repository: fc.constantFrom('app', 'team/app'),
      tags: fc.array(fc.record({ name: names, taggedAt: times }), { maxLength: 3 }),
      ...{ pushedAt: times, pulledAt: times, immutable: fc.boolean() },
      children: fc.array(fc.constantFrom(...digits.map(digest)), { maxLength: 2 }),
      subject: fc.option(fc.constantFrom(...digits.map(digest)), { freq: 2 }),
    }),
    { maxLength: digits.length },
  )
  .map((images) => {
    const taken = new Set<string>()
    const isNew = (repository: string, { name }: PolicyTag): boolean => {
      const key = `${repository}:${name}`
      const size = taken.size
      return taken.add(key).size > size
    }
    return images.map((one, index) => ({
      ...image(digits[index] ?? '', []),
      ...one,
      tags: one.tags.filter((tag) => isNew(one.repository, tag)),
      // An image lists and describes images that were there before it.
      children: one.children.filter((child) => child < digest(digits[index] ?? '')),
      subject: one.subject !== null && one.subject < digest(digits[index] ?? '') ? one.subject : null,
    }))
  })
