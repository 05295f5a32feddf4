import { describe, expect, test } from 'vitest'
import { DAY, digest, indexed, NOW, seen } from '../../lab/images.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import { ageAndUse, makeDescribe } from '../../src/expiry/planned-image.ts'
import { atOnce } from '../../src/platform/pieces.ts'

const ALL = { isComplete: true, since: 0 }
const ago = (days: number) => NOW - days * DAY
const time = (us: number) => new Date(us / 1000).toISOString()

describe('the age', () => {
  test('is that of the newest tag or part', () => {
    const child = indexed('child', { age: ago(3) })
    const image = indexed('index', { tags: { old: ago(9), new: ago(5) }, lists: ['child'], age: ago(9) })
    expect(ageAndUse(image, [image], ALL)).toMatchObject({ age: time(ago(5)), ageSource: 'event' })
    expect(ageAndUse(image, [image, child], ALL)).toMatchObject({ age: time(ago(3)), ageSource: 'event' })
  })

  test('is a bound if nothing better is known, and null if nothing is', () => {
    const found = indexed('found', { tags: { v1: { at: ago(2), source: 'undated' } } })
    expect(ageAndUse(found, [found], ALL)).toMatchObject({ age: time(ago(2)), ageSource: 'seen' })
    const unknown = indexed('unknown')
    expect(ageAndUse(unknown, [unknown], ALL)).toMatchObject({ age: null, ageSource: 'seen', lastUse: null })
  })
})

describe('the last use', () => {
  const pushed = indexed('pushed', { tags: { v1: ago(9) } })
  const pulled = indexed('pulled', { tags: { v1: ago(9) }, pulledAt: ago(4) })

  test('is the latest push or pull of the image or a part, and known if every pull is heard', () => {
    expect(ageAndUse(pushed, [pushed], ALL)).toMatchObject({ lastUse: time(ago(9)), isUseKnown: true })
    expect(ageAndUse(pulled, [pulled], ALL)).toMatchObject({ lastUse: time(ago(4)), isUseKnown: true })
    const whole = [indexed('index', { tags: { v1: ago(9) }, lists: ['pulled'] }), pulled] as const
    expect(ageAndUse(whole[0], whole, ALL)).toMatchObject({ lastUse: time(ago(4)), isUseKnown: true })
  })

  test.each([
    ['its registry sends no pulls', { isComplete: true, since: 0, unheard: 'it sends no pulls' }],
    ['some pulls may not be heard', { isComplete: false, since: 0 }],
    ['pulls are heard since a later time only', { isComplete: true, since: ago(1) }],
  ])('is not known if %s', (_, use) => {
    expect(ageAndUse(pulled, [pulled], use)).toMatchObject({ lastUse: time(ago(4)), isUseKnown: false })
  })

  test('is not known of an image that a reconcile found, until it is pulled', () => {
    const found = indexed('found', { tags: { v1: seen(ago(2)) } })
    expect(ageAndUse(found, [found], ALL)).toMatchObject({ lastUse: null, isUseKnown: false })
    const used = { ...found, pulledAt: ago(1) }
    expect(ageAndUse(used, [used], ALL)).toMatchObject({ lastUse: time(ago(1)), isUseKnown: true })
  })
})

test('a decision is described, with the whole size of an index', () => {
  const images = [
    indexed('child', { layers: ['shared', 'own'] }),
    indexed('index', { tags: { v1: ago(9) }, lists: ['child'], layers: [] }),
    indexed('other', { tags: { v2: ago(9) }, layers: ['shared'] }),
  ]
  const policy = { name: 'p', registry: 'ci', repository: '**', rules: [] }
  const decisions = planExpiry(policy, 'ci/team', images, NOW)
  const planned = decisions.map(atOnce(makeDescribe(images, ALL)))
  const sizes = Object.fromEntries(planned.map((one) => [one.digest, one.sizeBytes]))
  expect(sizes).toEqual({ [digest('child')]: 700, [digest('index')]: 1_200, [digest('other')]: 600 })
  expect(planned.find(({ tags }) => tags.includes('v1'))).toMatchObject({
    verdict: 'keep',
    reason: 'no rule expires it',
  })
})
