import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indexed, unresolved } from '../../lab/images.ts'
import {
  type Condition,
  hasAnnotation,
  hasArtifactType,
  hasLabel,
  hasMediaType,
  isLargerThan,
  isOfKind,
  isPushedBy,
  isSmallerThan,
  type Subject,
} from '../../src/expiry/conditions-details.ts'
import type { Details } from '../../src/expiry/details/details.ts'
import { keptActor } from '../../src/usage/fact.ts'
import { MEDIA_TYPES } from '../../src/usage/media-types.ts'

const details: Details = {
  kind: 'helm',
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  artifactType: undefined,
  configMediaType: 'application/vnd.cncf.helm.config.v1+json',
  labels: { team: 'payments', long: null, empty: '' },
  annotations: { 'org.opencontainers.image.title': 'chart' },
}
const image = indexed('a')
const pushers = new Map([['v1', 'gitlab-ci-token']])
const base: Subject = { image, parts: [image], details, pushers, tag: 'v1' }
const on = (subject: Partial<Subject>): Subject => ({ ...base, ...subject })
const without = on({ details: undefined })
const withDetails = (more: Partial<Details>) => on({ details: { ...details, ...more } })

type Row = [holds: boolean | undefined, because: string, condition: Condition, subject?: Subject]
const check = (holds: Row[0], because: string, condition: Condition, subject = base) =>
  expect(condition(subject)).toEqual({ holds, because })

describe('kind and types', () => {
  const untyped = { ...image, mediaType: MEDIA_TYPES[0] ?? '' }
  test.each<Row>([
    [true, 'its kind is helm', isOfKind(['helm', 'wasm'])],
    [false, 'its kind is helm', isOfKind(['image'])],
    [undefined, 'its kind is not known yet', isOfKind(['image']), without],
    [true, `its media type is "${details.mediaType}"`, hasMediaType('*.oci.image.*')],
    [true, `its media type is "${details.mediaType}"`, hasMediaType('Application/*'), without],
    [false, `its media type is "${details.mediaType}"`, hasMediaType('*.docker.*')],
    [undefined, 'its media type is not known', hasMediaType('*'), on({ image: untyped, details: undefined })],
    [true, `its media type is "${details.mediaType}"`, hasMediaType('*'), on({ image: untyped })],
    [true, `its artifact type is "${details.configMediaType}"`, hasArtifactType('*helm*')],
    [
      false,
      'its artifact type is "text/x"',
      hasArtifactType('*helm*'),
      withDetails({ artifactType: 'text/x' }),
    ],
    [false, 'it states no artifact type', hasArtifactType('*'), withDetails({ configMediaType: undefined })],
    [undefined, 'its artifact type is not known yet', hasArtifactType('*'), without],
  ])('%s: %s', check)
})

describe('labels and annotations', () => {
  test.each<Row>([
    [true, 'its label "team" is "payments"', hasLabel('team', 'pay*')],
    [false, 'its label "team" is "payments"', hasLabel('team', 'pay')],
    [true, 'its label "empty" is ""', hasLabel('empty', '')],
    [false, 'it has no label "toString"', hasLabel('toString', '*')],
    [true, 'the value of its label "long" is not known', hasLabel('long', '*')],
    [undefined, 'the value of its label "long" is not known', hasLabel('long', 'x*')],
    [undefined, 'its labels are not known', hasLabel('team', '*'), withDetails({ labels: undefined })],
    [undefined, 'its labels are not known', hasLabel('team', '*'), without],
    [
      true,
      'its annotation "org.opencontainers.image.title" is "chart"',
      hasAnnotation('org.opencontainers.image.title', 'chart'),
    ],
    [false, 'it has no annotation "team"', hasAnnotation('team', '*')],
    [undefined, 'its annotations are not known', hasAnnotation('team', '*'), without],
    // Text from outside.
    [
      true,
      `its label "a" is "\\u{1b}[2J${'x'.repeat(96)}…"`,
      hasLabel('a', '*'),
      withDetails({ labels: { a: `\u001b[2J${'x'.repeat(500)}` } }),
    ],
  ])('%s: %s', check)
})

describe('size', () => {
  // Each has 500 bytes, and a layer of 100.
  const index = indexed('index', { lists: ['a', 'b'], layers: [] })
  const [b, whole] = [indexed('b'), [index, image, indexed('b')]]
  const lacking = on({ image: index, parts: [index, image] })
  const complete = on({ image: index, parts: whole })
  const same = on({
    image: index,
    parts: [index, indexed('a', { layers: ['base'] }), indexed('b', { layers: ['base'] })],
  })
  test.each<Row>([
    [true, 'it has 600 B', isLargerThan(599)],
    [false, 'it has 600 B', isLargerThan(600)],
    [false, 'it has 600 B', isSmallerThan(600)],
    [true, 'it has 600 B', isSmallerThan(601)],
    [true, 'it has 1.7 KiB', isLargerThan(1_699), complete],
    [false, 'it has 1.6 KiB', isLargerThan(1_600), same],
    [true, 'it has 1.1 KiB at least, and not all of its parts are known', isLargerThan(1_000), lacking],
    [undefined, 'it has 1.1 KiB at least, and not all of its parts are known', isLargerThan(1_500), lacking],
    [false, 'it has 1.1 KiB at least, and not all of its parts are known', isSmallerThan(1_100), lacking],
    [undefined, 'it has 1.1 KiB at least, and not all of its parts are known', isSmallerThan(1_500), lacking],
    [
      undefined,
      'it has 500 B at least, and not all of its parts are known',
      isSmallerThan(1_500),
      on({ parts: [unresolved(b)] }),
    ],
  ])('%s: %s', check)
})

describe('who pushed it', () => {
  test.each<Row>([
    [true, 'it was pushed by "gitlab-ci-token"', isPushedBy('gitlab-*')],
    [false, 'it was pushed by "gitlab-ci-token"', isPushedBy('GitLab-*')],
    [undefined, 'it is not known who pushed it', isPushedBy('*'), on({ tag: 'v2' })],
    [undefined, 'it is not known who pushed it', isPushedBy('*'), on({ tag: undefined })],
    [undefined, 'it is not known who pushed it', isPushedBy('*'), on({ pushers: undefined })],
  ])('%s: %s', check)

  test('what is said by the kept beginning of a name is true of the whole name', () => {
    const anyText = (maxLength: number) =>
      fc.string({ unit: fc.constantFrom('a', 'b', 'é', '💡'), maxLength })
    const anyWildcard = fc.array(anyText(3), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('*'))
    const anyPattern = (name: string) =>
      fc.oneof(
        anyWildcard,
        anyWildcard.map((rest) => `${[...name].slice(0, 4).join('')}*${rest}`),
        fc.constantFrom(name, `${name}*`, `${name}a`),
      )
    const names = anyText(60).filter((name) => name !== '')
    fc.assert(
      fc.property(
        names.chain((name) => fc.tuple(fc.constant(name), anyPattern(name))),
        ([name, pattern]) => {
          const { holds } = isPushedBy(pattern)(on({ pushers: new Map([['v1', keptActor(name)]]) }))
          const whole = new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'u').test(name)
          if (holds !== undefined) expect(holds).toBe(whole)
          else expect(Buffer.byteLength(name)).toBeGreaterThan(36)
        },
      ),
    )
  })
})
