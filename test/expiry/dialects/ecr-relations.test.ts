import { describe, expect, test } from 'vitest'
import {
  any,
  days,
  decide,
  digestOf,
  image,
  index,
  newest,
  policy,
  signature,
  tagged,
  untagged,
} from './ecr-bed.ts'

describe('children of an index', () => {
  const images = {
    x: image('x', [], 50),
    y: image('y', [], 50),
    both: index('both', ['v1'], 50, ['x', 'y', 'gone']),
    loose: image('loose', [], 50),
  }

  test('stay with it, even if a rule would expire them', () => {
    const { expired, reasons } = decide(policy([untagged, days(14)]), images)
    expect(expired).toEqual(['loose'])
    expect(reasons.x).toBe('it belongs to app:v1, which is kept')
    expect(reasons.both).toBe('no rule selects it')
  })

  test('expire with it if a rule expires them too, and stay otherwise', () => {
    expect(decide(policy([any, days(14)]), images).expired).toEqual(['x', 'y', 'both', 'loose'])
    const { expired, reasons } = decide(policy([tagged('v*'), days(14)]), images)
    expect(expired).toEqual(['both'])
    expect(reasons.x).toBe('no rule selects it')
  })

  test('stay with any index that stays', () => {
    const shared = { ...images, other: index('other', ['v2'], 3, ['x']) }
    expect(decide(policy([any, days(14)]), shared).expired).toEqual(['y', 'both', 'loose'])
  })

  test('stay with an index in an index that stays, also if they have tags', () => {
    const nested = {
      leaf: image('leaf', ['leaf'], 50),
      inner: index('inner', [], 50, ['leaf']),
      outer: index('outer', ['v1'], 2, ['inner']),
    }
    expect(decide(policy([any, days(14)]), nested).expired).toEqual([])
  })

  test('take places in a count', () => {
    const builds = {
      ...{ x1: image('x1', [], 9.1), one: index('one', ['v1'], 9, ['x1']) },
      ...{ x2: image('x2', [], 8.1), two: index('two', ['v2'], 8, ['x2']) },
    }
    const { expired, warnings } = decide(policy([any, newest(2)]), builds)
    expect(expired).toEqual(['x1', 'one'])
    expect(warnings).toEqual([
      'Rule 1 also counts the children of indexes. Of the images that it counts here: 2.',
    ])
  })

  test('that another repository lists are no children here', () => {
    const apart = { x: images.x, both: { ...images.both, repository: 'other' } }
    expect(decide(policy([untagged, days(14)]), apart).expired).toEqual(['x'])
  })
})

describe('signatures and attestations', () => {
  const subject = image('subject', ['v1'], 50)
  const images = {
    subject,
    sig: signature('sig', 2, 'subject'),
    onSig: signature('onSig', 1, 'sig'),
    orphan: signature('orphan', 3, 'gone'),
  }

  test('expire with the image that they describe, at any depth', () => {
    const { expired, reasons, warnings } = decide(policy([tagged('v*'), days(14)]), images)
    expect(expired).toEqual(['subject', 'sig', 'onSig'])
    expect(reasons.sig).toBe('it describes app:v1, which expires')
    expect(warnings).toEqual([])
  })

  test('that a rule expires together with their image say which rule', () => {
    const { reasons } = decide(policy([any, days(1)]), images)
    expect(reasons.sig).toBe('rule 1 expires it: it was pushed over 1 day ago')
    expect(reasons.onSig).toMatch(/^it describes app@sha256:[0-9a-f]{12}, which expires$/)
  })

  test('are images of their own to the rules, with a warning', () => {
    const { expired, reasons, warnings } = decide(policy([untagged, newest(1)]), images)
    expect(expired).toEqual(['sig', 'onSig', 'orphan'])
    expect(reasons.onSig).toBe(`it describes app@${images.sig.digest.slice(0, 19)}, which expires`)
    // `onSig` is the newest, but describes `sig`.
    expect(warnings).toEqual(['The rules expire signatures or attestations of images that they keep: 1.'])
  })
})

test('images in a circle of references are kept', () => {
  const ring = {
    a: image('a', [], 50, { children: [digestOf('b')] }),
    b: image('b', [], 50, { children: [digestOf('a')] }),
    self: image('self', [], 50, { subject: digestOf('self') }),
  }
  const { expired, reasons } = decide(policy([any, days(1)]), ring)
  expect(expired).toEqual([])
  expect(reasons.a).toBe('its references form a circle, or lead to one')
})

test('a long chain of indexes fits on the stack', () => {
  const length = 20_000
  const chain = Array.from({ length }, (_, at) => index(`${at}`, [], 50, [`${at + 1}`]))
  expect(decide(policy([any, days(1)]), chain).expired).toHaveLength(length)
})
