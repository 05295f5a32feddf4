import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { built, DAY, indexed, NOW, seen } from '../../lab/images.ts'
import { bytesToEvict, type Eviction, evict } from '../../src/expiry/evict.ts'
import { type Family, familiesOf, type LastUse } from '../../src/expiry/evict-families.ts'
import { EVICT_ORDERS, isEarlier } from '../../src/expiry/evict-order.ts'
import { relationsOf } from '../../src/expiry/relations.ts'
import { atOnce } from '../../src/platform/pieces.ts'
import { digestKey } from '../../src/usage/digest-key.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'
import { makeReclaimState, newContent } from '../../src/usage/reclaim.ts'
import { addSize } from '../../src/usage/size-counts.ts'

/** A project that holds these images. A layer has the size that its name ends with, or 100 bytes; a manifest has 500. */
function projectOf(images: readonly IndexedImage[]) {
  const state = makeReclaimState()
  const contentOf = (key: string) => {
    const content = state.contents.get(key) ?? newContent()
    state.contents.set(key, content)
    return content
  }
  for (const { repository, digest, size, references = [] } of images) {
    const id = state.repositoryIds.get(repository) ?? state.repositoryIds.size + 1
    state.repositoryIds.set(repository, id)
    const image = { repositoryId: id, isGone: false, sizedAt: 1, size, lists: [0] }
    const known = state.manifests.get(digestKey(digest))
    if (known !== undefined) {
      known.images.push(image)
      continue
    }
    const blobs = [...new Map(references.filter(({ kind }) => kind === 'blob').map((one) => [one.key, one]))]
    const list = {
      contents: blobs.map(([key]) => contentOf(key)),
      sizes: blobs.map(([, one]) => one.size),
    }
    for (const [i, content] of list.contents.entries()) addSize(content.stated, list.sizes[i] ?? 0)
    const content = Object.assign(contentOf(digestKey(digest)), { isManifest: true, ownSize: size })
    state.manifests.set(digestKey(digest), { content, lists: [list], images: [image] })
  }
  return state
}

/** The bytes of a project with these images: each content once. */
function heldBy(images: readonly IndexedImage[]): number {
  const sizes = new Map<string, number>()
  for (const { digest, size, references = [] } of images) {
    sizes.set(digestKey(digest), size)
    for (const { kind, key, size: stated } of references) if (kind === 'blob') sizes.set(key, stated)
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

const sized = (image: IndexedImage, bytes: Record<string, number>): IndexedImage => {
  const keys = new Map(
    Object.entries(bytes).map(([name, size]) => [indexed('', { layers: [name] }).references?.[0]?.key, size]),
  )
  const references = image.references?.map((one) => ({ ...one, size: keys.get(one.key) ?? one.size }))
  return { ...image, references }
}

const pulled = (at: number, isKnown = true): LastUse => ({ at, isKnown, what: 'pulled' })

const family = (name: string, more: Partial<Family> & { layers?: Record<string, number> } = {}): Family => {
  const { layers = { [`${name} layer`]: 100 }, ...rest } = more
  const root = sized(indexed(name, { age: NOW - 200 * DAY, layers: Object.keys(layers) }), layers)
  return { root, images: [root], lastUse: pulled(NOW - DAY), age: root.age, tier: 0, ...rest }
}

const plan = (families: readonly Family[], more: Partial<Parameters<typeof evict>[0]> = {}): Eviction => {
  const reclaim = projectOf([...new Set(families.flatMap(({ images }) => images))])
  return atOnce(evict({ families, bytesToFree: 1, order: 'least-recently-used', reclaim, now: NOW, ...more }))
}
const names = (eviction: Eviction, families: Record<string, Family>) =>
  eviction.evicted.map(
    ({ family }) => Object.entries(families).find(([, one]) => one.root.digest === family.root.digest)?.[0],
  )

test('bytes are to be freed once a project is over its limit, down to the larger of the share and the floor', () => {
  const quota = { limit: 1000, to: 0.8, floor: 0 }
  expect(bytesToEvict(1000, quota)).toBe(0)
  expect(bytesToEvict(1001, quota)).toBe(201)
  expect(bytesToEvict(1001, { ...quota, floor: 950 })).toBe(51)
  expect(bytesToEvict(1001, { ...quota, floor: 2000 })).toBe(0)
})

describe('the least recently used', () => {
  test('go first, and no more than it takes', () => {
    const families = {
      new: family('new', { lastUse: pulled(NOW - DAY) }),
      old: family('old', { lastUse: pulled(NOW - 9 * DAY) }),
      middle: family('middle', { lastUse: { at: NOW - 5 * DAY, isKnown: true, what: 'pushed' } }),
    }
    const eviction = plan(Object.values(families), { bytesToFree: 601 })
    expect(names(eviction, families)).toEqual(['old', 'middle'])
    expect(eviction.freed).toEqual({ uniqueBytes: 1200, registryBytes: 1200 })
    expect(eviction.suffices).toBe(true)
    expect(eviction.evicted.map(({ reason }) => reason)).toEqual([
      'the project is over its quota: it frees 600 B, and it was last pulled 9d ago',
      'the project is over its quota: it frees 600 B, and it was not pulled since it was pushed 5d ago',
    ])
    expect(eviction.spared).toEqual([{ family: families.new, reason: 'enough others are evicted' }])
  })

  test('are those whose last use is known; the others come after them, and only if they are old', () => {
    const families = {
      unknown: family('unknown', { lastUse: { at: NOW - 120 * DAY, isKnown: false, what: 'pushed' } }),
      young: family('young', {
        lastUse: pulled(NOW - 80 * DAY, false),
        age: { at: NOW - 89 * DAY, source: 'event' },
      }),
      bound: family('bound', { lastUse: pulled(NOW - 95 * DAY, false), age: seen(NOW - 91 * DAY) }),
      known: family('known', { lastUse: pulled(NOW - DAY) }),
    }
    const eviction = plan(Object.values(families), { bytesToFree: 9000 })
    expect(names(eviction, families)).toEqual(['known', 'unknown', 'bound'])
    expect(eviction.suffices).toBe(false)
    expect(eviction.evicted[1]?.reason).toContain('no pull since its last push is known, and it is 200d old')
    expect(eviction.evicted[2]?.reason).toContain(
      'the last pull that is known was 95d ago, and it is at least 91d old',
    )
    expect(eviction.spared).toEqual([
      {
        family: families.young,
        reason: 'its last use is not known, and it is not known to be over 90d old',
      },
    ])
    const told = plan(Object.values(families), { bytesToFree: 9000, unknownUseMinAge: 0 })
    expect(names(told, families)).toEqual(['known', 'unknown', 'bound', 'young'])
  })
})

test('the oldest go first; a bound stands where it is certainly older than what comes later', () => {
  const at = (days: number) => NOW - days * DAY
  const families = {
    third: family('third', { age: seen(at(5)) }),
    first: family('first', { age: built(at(9)) }),
    second: family('second', { age: built(at(6)) }),
    unknown: family('unknown', { age: seen(0) }),
    future: family('future', { age: built(NOW + 1) }),
  }
  const eviction = plan(Object.values(families), { bytesToFree: 9000, order: 'oldest' })
  expect(names(eviction, families)).toEqual(['first', 'second', 'third'])
  expect(eviction.evicted.at(-1)?.reason).toContain('it is at least 5d old')
  expect(eviction.spared.map(({ reason }) => reason)).toEqual([
    'its age is not known',
    'it was pushed or pulled in the future: clocks differ',
  ])
})

describe('the largest', () => {
  const order = 'largest-reclaimable'

  test('go first, by what they free alone', () => {
    const families = {
      shares: family('shares', { layers: { base: 9000, a: 1 } }),
      alsoShares: family('also shares', { layers: { base: 9000, b: 2 } }),
      alone: family('alone', { layers: { c: 300 } }),
    }
    expect(names(plan(Object.values(families), { bytesToFree: 700, order }), families)).toEqual(['alone'])
  })

  test('are those that free a layer together, if that is what it takes, without the small ones', () => {
    const sharing = Array.from({ length: 100 }, (_, n) =>
      family(`sharing ${n}`, { layers: { base: 1_000_000 } }),
    )
    const small = Array.from({ length: 100 }, (_, n) => family(`small ${n}`, { layers: { [`s${n}`]: 100 } }))
    const eviction = plan([...sharing, ...small], { bytesToFree: 900_000, order })
    expect(eviction.suffices).toBe(true)
    expect(new Set(eviction.evicted.map(({ family }) => family))).toEqual(new Set(sharing))
    expect(eviction.evicted.at(-1)?.freed.uniqueBytes).toBe(1_000_500)
  })

  test('are found anew when a shared layer has only one image left', () => {
    const families = {
      a: family('a', { layers: { base: 10_000, own: 5_000 } }),
      b: family('b', { layers: { base: 10_000 } }),
      c: family('c', { layers: { mine: 2_000 } }),
    }
    const eviction = plan(Object.values(families), { bytesToFree: 15_600, order })
    expect(names(eviction, families)).toEqual(['a', 'b'])
  })
})

test('a copy in another repository is not evicted for nothing', () => {
  const root = indexed('app', { age: NOW - 200 * DAY })
  const copy = { ...root, repository: 'team/kept' }
  const families = [family('app', { root, images: [root] })]
  const eviction = atOnce(
    evict({ families, bytesToFree: 1, order: 'oldest', reclaim: projectOf([root, copy]), now: NOW }),
  )
  expect(eviction).toMatchObject({
    evicted: [],
    suffices: false,
    spared: [{ reason: 'it would free nothing' }],
  })
})

test('a lower tier goes first, and what is in no tier stays', () => {
  const families = {
    second: family('second', { tier: 1, lastUse: pulled(NOW - 50 * DAY) }),
    first: family('first', { tier: 0, lastUse: pulled(NOW - DAY) }),
    never: family('never', { tier: undefined, lastUse: pulled(NOW - 99 * DAY) }),
  }
  expect(names(plan(Object.values(families), { bytesToFree: 600 }), families)).toEqual(['first'])
  expect(names(plan(Object.values(families), { bytesToFree: 9000 }), families)).toEqual(['first', 'second'])
})

const LAYERS = ['a', 'b', 'c', 'd', 'e', 'f']
const sizes = Object.fromEntries(LAYERS.map((layer, i) => [layer, [1, 10, 100, 1000, 5000, 20_000][i] ?? 0]))

/** A repository with indexes that share children, signatures, and layers that all share. */
const anyProject = fc
  .record({
    plain: fc.array(fc.subarray(LAYERS), { minLength: 8, maxLength: 8 }),
    lists: fc.array(fc.subarray(['p0', 'p1', 'p2', 'p3', 'p4'], { minLength: 1, maxLength: 3 }), {
      maxLength: 2,
    }),
    signed: fc.subarray(['p0', 'p1', 'i0', 'i1']),
    copied: fc.subarray(['p0', 'p4', 'p5']),
    kept: fc.subarray(['p0', 'p1', 'p2', 'p3', 'p4', 'i0', 'i1', 's-p0', 's-i0'], { maxLength: 2 }),
    days: fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 200 }) }, fc.constant(-1)), {
      minLength: 20,
      maxLength: 20,
    }),
    known: fc.array(fc.constantFrom(true, true, false), { minLength: 20, maxLength: 20 }),
    tiers: fc.array(fc.constantFrom(0, 0, 0, 1, 2, undefined), { minLength: 20, maxLength: 20 }),
  })
  .map(({ plain, lists, signed, copied, kept, days, known, tiers }) => {
    const at = (n: number) => NOW - (days[n % 20] ?? 0) * DAY
    const named = new Map<string, IndexedImage>()
    for (const [n, layers] of plain.entries()) {
      const own = [...layers, `own ${n}`]
      named.set(`p${n}`, sized(indexed(`p${n}`, { age: at(n), layers: own }), sizes))
    }
    for (const [n, children] of lists.entries())
      named.set(`i${n}`, indexed(`i${n}`, { age: at(n + 5), lists: children, layers: [] }))
    for (const name of signed)
      if (named.has(name)) named.set(`s-${name}`, indexed(`s-${name}`, { age: at(9), subject: name }))
    const copies = copied.flatMap((name) => {
      const image = named.get(name)
      return image ? [{ ...image, repository: 'team/copy' }] : []
    })
    const stays = new Set(kept.flatMap((name) => named.get(name) ?? []))
    const order = new Map([...named.values(), ...copies].map((image, n) => [image, n]))
    const of = <T>(list: readonly T[], image: IndexedImage) => list[(order.get(image) ?? 0) % 20] as T
    const about = {
      mayGo: (image: IndexedImage) => !stays.has(image),
      isGoing: () => false,
      lastUseOf: (image: IndexedImage): LastUse => ({
        ...{ at: at((order.get(image) ?? 0) + 3), isKnown: of(known, image), what: 'pulled' },
      }),
      ageOf: (image: IndexedImage) => (of(known, image) ? image.age : seen(image.age.at)),
      tierOf: (image: IndexedImage) => of(tiers, image),
    }
    const repositories = [[...named.values()], copies]
    return { images: [...named.values(), ...copies], repositories, stays, about }
  })

const anyRequest = fc.record({
  project: anyProject,
  percent: fc.integer({ min: 0, max: 120 }),
  order: fc.constantFrom(...EVICT_ORDERS),
})

function check(request: typeof anyRequest extends fc.Arbitrary<infer T> ? T : never) {
  const { project, percent, order } = request
  const families = project.repositories.flatMap((images) =>
    atOnce(familiesOf(relationsOf(images), project.about)),
  )
  const run = (bytesToFree: number) =>
    atOnce(evict({ families, bytesToFree, order, reclaim: projectOf(project.images), now: NOW }))
  const bytesToFree = Math.ceil((percent / 100) * run(1_000_000).freed.uniqueBytes)
  const result = run(bytesToFree)
  const without = (gone: Iterable<IndexedImage>) => {
    const set = new Set(gone)
    return project.images.filter((image) => !set.has(image))
  }
  /** What goes if all of these families go, by definition. */
  const goneWith = (some: readonly Family[]) => {
    const left = new Set(families.filter((one) => !some.includes(one)).flatMap(({ images }) => images))
    return some.flatMap(({ images }) => images).filter((image) => !left.has(image))
  }
  const freedBy = (some: readonly Family[]) => heldBy(project.images) - heldBy(without(goneWith(some)))
  return { ...request, families, bytesToFree, result, freedBy, goneWith, without }
}

test('an eviction frees exactly what it says, enough whenever that is possible, and not more than it takes', () => {
  let partial = 0
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { result, families, freedBy, goneWith, bytesToFree, order } = check(request)
      const chosen = result.evicted.map(({ family }) => family)
      const spared = result.spared.map(({ family }) => family)
      expect(new Set([...chosen, ...spared])).toEqual(new Set(families))
      expect(chosen.length + spared.length).toBe(families.length)

      for (const [n, { freed, images }] of result.evicted.entries()) {
        expect(freed.uniqueBytes).toBe(freedBy(chosen.slice(0, n + 1)) - freedBy(chosen.slice(0, n)))
        expect(new Set([...goneWith(chosen.slice(0, n)), ...images])).toEqual(
          new Set(goneWith(chosen.slice(0, n + 1))),
        )
      }
      expect(result.freed.uniqueBytes).toBe(freedBy(chosen))

      const barred = result.spared
        .filter(({ reason }) => reason !== 'enough others are evicted' && reason !== 'it would free nothing')
        .map(({ family }) => family)
      const allowed = families.filter((one) => !barred.includes(one))
      expect(result.suffices).toBe(freedBy(allowed) >= bytesToFree)
      expect(result.suffices).toBe(freedBy(chosen) >= bytesToFree)
      if (!result.suffices) expect(freedBy(chosen)).toBe(freedBy(allowed))

      const lastTier = chosen.at(-1)?.tier
      const needed =
        order === 'largest-reclaimable' ? chosen.filter(({ tier }) => tier === lastTier) : chosen.slice(-1)
      for (const one of needed)
        expect(freedBy(chosen.filter((other) => other !== one))).toBeLessThan(bytesToFree)
      for (const one of chosen)
        expect(freedBy(chosen.filter((other) => other !== one))).toBeLessThan(freedBy(chosen))
      if (result.suffices && chosen.length > 0 && chosen.length < allowed.length) partial++
    }),
    { numRuns: 600 },
  )
  expect(partial).toBeGreaterThan(0)
})

test('tiers go one after the other, and within a tier the order decides', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { result, order } = check(request)
      const chosen = result.evicted.map(({ family }) => family)
      const waiting = result.spared
        .filter(({ reason }) => reason === 'enough others are evicted')
        .map(({ family }) => family)
      const lastTier = Math.max(-1, ...chosen.map(({ tier = -1 }) => tier))
      expect(chosen.map(({ tier = -1 }) => tier)).toEqual(chosen.map(({ tier = -1 }) => tier).sort())
      for (const { tier = -1 } of waiting) expect(tier).toBeGreaterThanOrEqual(lastTier)
      if (order === 'largest-reclaimable') return
      for (const one of waiting)
        for (const other of chosen)
          if (one.tier === other.tier) expect(isEarlier(order, other, one)).toBe(true)
    }),
    { numRuns: 700 },
  )
})

test('nothing goes that is kept, that a kept image lists, or before what it belongs to', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { result, project } = check(request)
      const gone: IndexedImage[] = result.evicted.flatMap(({ images }) => images)
      const relations = project.repositories.map(relationsOf)
      for (const [n, image] of gone.entries()) {
        expect(project.stays).not.toContain(image)
        for (const { parentsOf } of relations)
          for (const parent of parentsOf(image)) expect(gone.slice(0, n)).toContain(parent)
      }
      expect(new Set(gone).size).toBe(gone.length)
    }),
    { numRuns: 700 },
  )
})

test('the order of the families does not matter', () => {
  fc.assert(
    fc.property(anyRequest, fc.infiniteStream(fc.integer({ min: 0, max: 99 })), (request, numbers) => {
      const { result, families, bytesToFree, project, order } = check(request)
      const shuffled = families
        .map((one) => ({ one, at: numbers.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one)
      const again = atOnce(
        evict({ families: shuffled, bytesToFree, order, reclaim: projectOf(project.images), now: NOW }),
      )
      expect(again.evicted).toEqual(result.evicted)
    }),
    { numRuns: 500 },
  )
})
