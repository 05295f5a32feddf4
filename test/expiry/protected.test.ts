import { expect, test } from 'vitest'
import { DAY, digest, indexed, NOW } from '../../lab/images.ts'
import { expiring } from '../../lab/rules.ts'
import type { Details } from '../../src/expiry/details/details.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import { makeFindProtected, type Protected, protectionBy } from '../../src/expiry/protected.ts'
import { makeFindProtections } from '../../src/expiry/protection.ts'

const NOTHING: Protected = { tags: [], repositories: [], digests: [], labels: [] }
const detailsWith = (labels: Record<string, string | null>): Details => ({
  ...{ kind: 'image', mediaType: '', artifactType: undefined, configMediaType: undefined, labels },
  annotations: {},
})

const image = indexed('a', { repository: 'base/app/web', tags: { 'pr-1': NOW, 'v1.2': NOW } })
const reasonBy = (some: Partial<Protected>, details: Details | null = null) =>
  protectionBy({ ...NOTHING, ...some })(image, details)

test.each([
  [{ tags: ['v*'] }, 'it is protected: the tag v* of expiry.protect'],
  [{ tags: ['main', '{pr,mr}-?'] }, 'it is protected: the tag {pr,mr}-? of expiry.protect'],
  [{ tags: ['v', 'V*', '1.2'] }, undefined],
  [{ repositories: ['base/**'] }, 'it is protected: the repository base/** of expiry.protect'],
  [{ repositories: ['base/*', 'base', 'app/**'] }, undefined],
  [{ digests: [digest('a')] }, 'it is protected: its digest is in expiry.protect'],
  [{ digests: [digest('b')] }, undefined],
  [{}, undefined],
])('%j: %s', (some, reason) => {
  expect(reasonBy(some)).toBe(reason)
})

test.each([
  [['keep'], { keep: '' }, 'it is protected: the label keep of expiry.protect'],
  [['keep'], { keep: 'no' }, 'it is protected: the label keep of expiry.protect'],
  [['keep=yes'], { keep: 'yes' }, 'it is protected: the label keep=yes of expiry.protect'],
  [['keep=a=b'], { keep: 'a=b' }, 'it is protected: the label keep=a=b of expiry.protect'],
  [['keep='], { keep: '' }, 'it is protected: the label keep= of expiry.protect'],
  [['keep=yes', 'other'], { keep: 'yes please', another: '' }, undefined],
  [['keep=yes'], { keep: null }, 'it is protected: the label keep=yes of expiry.protect'],
  [['keep'], {}, undefined],
  [['constructor'], {}, undefined],
])('labels %j, an image with %j: %s', (labels, ofImage, reason) => {
  expect(reasonBy({ labels }, detailsWith(ofImage))).toBe(reason)
})

test('labels that are not known keep an image if labels protect images, and only then', () => {
  expect(reasonBy({ labels: ['keep'] })).toBe(
    'its labels are not known, and labels of expiry.protect keep images',
  )
  expect(reasonBy({ tags: ['none'] })).toBeUndefined()
})

test('a protected image keeps what belongs to it', () => {
  const old = NOW - DAY
  const images = [
    indexed('a', { tags: { v1: old }, lists: ['b'] }),
    indexed('b', { age: old }),
    indexed('c', { subject: 'a', age: old }),
    indexed('d', { tags: { v2: old } }),
  ]
  const policy = { name: 'p', registry: 'ci', repository: '**', rules: expiring({ tag: '*', olderThan: 1 }) }
  const protectionOf = protectionBy({ ...NOTHING, tags: ['v1'] })
  const plan = planExpiry(policy, 'ci/team', images, NOW, { protectionOf })
  expect(plan.filter(({ verdict }) => verdict === 'delete').map(({ digest }) => digest)).toEqual([
    digest('d'),
  ])
})

test('the configuration of now counts: a reload may have changed it', async () => {
  let configured = NOTHING
  const find = makeFindProtections({ 'expiry.protect': makeFindProtected(() => configured) })
  expect((await find('ci'))(image)).toBeUndefined()
  configured = { ...NOTHING, tags: ['pr-*'] }
  expect((await find('ci'))(image)).toBe('it is protected: the tag pr-* of expiry.protect')
})
