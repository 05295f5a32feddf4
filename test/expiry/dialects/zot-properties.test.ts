import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PolicyImage } from '../../../src/expiry/dialects/dialect.ts'
import { zot } from '../../../src/expiry/dialects/zot.ts'
import { anyImages, DAY, decide, HOUR, NOW, report } from './tag-scenes.ts'

interface Criteria {
  mostRecentlyPushedCount: number
  mostRecentlyPulledCount: number
  pushedWithin: string | null
  pulledWithin: string | null
}
interface Policy {
  repositories: string[]
  deleteReferrers: boolean
  deleteUntagged: boolean
  keepTags: (Criteria & { patterns: readonly string[] })[]
  keepUntagged: Criteria | null
}

const count = fc.integer({ min: 0, max: 4 })
const hours = fc.option(fc.integer({ min: 1, max: 200 }).map((n) => `${n}h`))
const criteria = {
  ...{
    mostRecentlyPushedCount: count,
    mostRecentlyPulledCount: count,
    pushedWithin: hours,
    pulledWithin: hours,
  },
}
const patterns = fc.constantFrom([], ['^v'], ['1', 'dev'])
const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  repositories: fc.constantFrom(['app'], ['**'], ['team/*']),
  ...{ deleteReferrers: fc.boolean(), deleteUntagged: fc.boolean() },
  keepTags: fc.array(fc.record({ patterns, ...criteria }), { maxLength: 3 }),
  keepUntagged: fc.option(fc.record(criteria)),
})
const anyPolicies = fc.array(anyPolicy, { maxLength: 3 })

test('the order of the images changes nothing; each tag and each untagged manifest has one verdict', () => {
  const scene = anyImages.chain((images) =>
    fc.record({
      images: fc.constant(images),
      shuffled: fc.shuffledSubarray(images, { minLength: images.length }),
    }),
  )
  fc.assert(
    fc.property(anyPolicies, scene, (policies, { images, shuffled }) => {
      const document = { delay: '48h', policies }
      const { verdicts } = decide(zot, document, images)
      const items = images.flatMap((one) =>
        one.tags.length === 0 ? [{ image: one }] : one.tags.map(({ name }) => ({ image: one, tag: name })),
      )
      expect(verdicts.map(({ isKept, reason, ...item }) => item)).toEqual(items)
      expect(verdicts.filter(({ reason }) => reason === '')).toEqual([])
      expect(report(zot, document, shuffled)).toEqual(report(zot, document, images))
    }),
    { numRuns: 300 },
  )
})

/** A row of zot's index.json: a tag of a manifest, or a manifest without a tag. */
interface Row {
  image: PolicyImage
  tag: string | undefined
  /** zot forgets its statistics of a manifest with its last tag. */
  hasStatistics: boolean
}

/** What zot leaves of a repository, written down step by step as pkg/retention and pkg/storage/gc/gc.go do it. */
function leftByZot(policies: Policy[], images: PolicyImage[], delay: number): Row[] {
  const policy = policies.find(({ repositories }) =>
    repositories.some((glob) => glob === '**' || (glob === 'app') === (images[0]?.repository === 'app')),
  )
  let rows = images.flatMap((image): Row[] => {
    const hasStatistics = image.pushedAt !== null
    if (image.tags.length === 0) return [{ image, tag: undefined, hasStatistics }]
    return image.tags.map(({ name }) => ({
      image,
      tag: name,
      hasStatistics: hasStatistics && !name.endsWith('.sig'),
    }))
  })
  const remove = (row: Row) => {
    rows = rows.filter((other) => other !== row)
    const wasLast = row.tag !== undefined && !rows.some(({ image }) => image === row.image)
    if (wasLast) rows.push({ image: row.image, tag: undefined, hasStatistics: false })
  }
  const isOlder = ({ pushedAt }: PolicyImage, age: number) => pushedAt !== null && NOW - pushedAt >= age

  const rest = new Set(rows.filter(({ tag, hasStatistics }) => tag !== undefined && hasStatistics))
  const retained = new Set<Row>()
  for (const entry of policy?.keepTags ?? []) {
    const own = [...rest].filter(({ tag = '' }) => isNamed(entry.patterns, tag))
    for (const row of own) rest.delete(row)
    for (const row of retain(entry, own) ?? own) retained.add(row)
  }
  if ((policy?.keepTags.length ?? 0) > 0)
    for (const row of [...rows])
      if (row.tag !== undefined && row.hasStatistics && !retained.has(row)) remove(row)

  for (let before = -1; before !== rows.length; ) {
    before = rows.length
    const has = (digest: string) => rows.some(({ image }) => image.digest === digest)
    for (const row of policy?.deleteReferrers ? [...rows] : []) {
      const { subject } = row.image
      const hex = /^sha256-(.{64})\.(sig|sbom)$/.exec(row.tag ?? '')?.[1]
      const isOrphan = subject !== null && !has(subject) && isOlder(row.image, delay)
      if (isOrphan || (hex !== undefined && !has(`sha256:${hex}`) && isOlder(row.image, HOUR))) {
        remove(row)
        before = -1
      }
    }
    if (policy?.deleteUntagged === false) continue
    const listed = new Set(rows.flatMap(({ image }) => image.children))
    const untagged = rows.filter(({ tag }) => tag === undefined)
    const kept = policy?.keepUntagged
      ? retain(
          policy.keepUntagged,
          untagged.filter(({ hasStatistics, image }) => hasStatistics && image.subject === null),
        )
      : undefined
    for (const row of untagged) {
      const isStaying = kept !== undefined && (!row.hasStatistics || kept.includes(row))
      if (listed.has(row.image.digest) || row.image.subject !== null || isStaying) continue
      if (isOlder(row.image, delay)) remove(row)
    }
  }
  return rows
}

const isNamed = (some: readonly string[], tag: string) =>
  some.length === 0 || some.some((one) => new RegExp(one).test(tag))

/** `undefined` if there are no criteria. */
function retain(entry: Criteria, rows: Row[]): Row[] | undefined {
  const { mostRecentlyPushedCount, mostRecentlyPulledCount, pushedWithin, pulledWithin } = entry
  if (
    mostRecentlyPushedCount + mostRecentlyPulledCount === 0 &&
    pushedWithin === null &&
    pulledWithin === null
  )
    return undefined
  const pushed = ({ image }: Row) => image.pushedAt ?? 0
  const pulled = ({ image }: Row) => image.pulledAt ?? 0
  const after = (time: number, within: string | null) =>
    within !== null && time > NOW - Number.parseInt(within, 10) * HOUR
  const named = rows.toSorted((a, b) => ((a.tag ?? a.image.digest) < (b.tag ?? b.image.digest) ? -1 : 1))
  const byPush = named.toSorted((a, b) => pushed(b) - pushed(a))
  return [
    ...byPush.toSorted((a, b) => pulled(b) - pulled(a)).slice(0, mostRecentlyPulledCount),
    ...byPush.slice(0, mostRecentlyPushedCount),
    ...rows.filter((row) => after(pulled(row), pulledWithin) || after(pushed(row), pulledWithin)),
    ...rows.filter((row) => after(pushed(row), pushedWithin)),
  ]
}

test('what stays is what zot leaves', () => {
  fc.assert(
    fc.property(anyPolicies, anyImages, (policies, images) => {
      const { verdicts } = decide(zot, { delay: '48h', policies }, images)
      const left = [...Map.groupBy(images, ({ repository }) => repository).values()].flatMap((some) =>
        leftByZot(policies, some, 2 * DAY),
      )
      const isLeft = verdicts.map(({ image, tag }) =>
        left.some((row) => row.image === image && row.tag === tag),
      )
      expect(verdicts.map(({ isKept }) => isKept)).toEqual(isLeft)
    }),
    { numRuns: 2000 },
  )
})
