import { expect, test } from 'vitest'
import { planExpiry } from '../../src/expiry/plan.ts'
import { type LabelsOf, makeFindProtected, type Protected, protectionBy } from '../../src/expiry/protected.ts'
import { makeFindProtections } from '../../src/expiry/protection.ts'
import { anImage, digestOf, THEN } from './an-image.ts'

const NOTHING: Protected = { tags: [], repositories: [], digests: [], labels: [] }
const NOT_KNOWN: LabelsOf = () => undefined

const image = anImage(1, { repository: 'base/app/web', tags: ['pr-1', 'v1.2'] })
const reasonBy = (some: Partial<Protected>, labelsOf = NOT_KNOWN) =>
  protectionBy({ ...NOTHING, ...some }, labelsOf)(image)

test.each([
  [{ tags: ['v*'] }, 'it is protected: the tag v* of expiry.protect'],
  [{ tags: ['main', '{pr,mr}-?'] }, 'it is protected: the tag {pr,mr}-? of expiry.protect'],
  [{ tags: ['v', 'V*', '1.2'] }, undefined],
  [{ repositories: ['base/**'] }, 'it is protected: the repository base/** of expiry.protect'],
  [{ repositories: ['base/*', 'base', 'app/**'] }, undefined],
  [{ digests: [digestOf(1)] }, 'it is protected: its digest is in expiry.protect'],
  [{ digests: [digestOf(2)] }, undefined],
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
  [['keep'], {}, undefined],
  [['constructor'], {}, undefined],
])('labels %j, an image with %j: %s', (labels, ofImage, reason) => {
  expect(reasonBy({ labels }, () => ofImage)).toBe(reason)
})

test('labels that are not known keep an image if labels protect images, and only then', () => {
  expect(reasonBy({ labels: ['keep'] })).toBe(
    'its labels are not known, and labels of expiry.protect keep images',
  )
  expect(reasonBy({ tags: ['none'] })).toBeUndefined()
})

test('a protected image keeps what belongs to it', () => {
  const images = [
    anImage(1, { tags: ['v1'], children: [2] }),
    anImage(2),
    anImage(3, { subject: 1 }),
    anImage(4, { tags: ['v2'] }),
  ]
  const policy = { name: 'p', registry: 'ci', repository: '**', rules: [{ tag: '*', olderThan: 1 }] }
  const protectionOf = protectionBy({ ...NOTHING, tags: ['v1'] }, NOT_KNOWN)
  const plan = planExpiry(policy, 'ci/team', images, THEN + 1_000_000, { protectionOf })
  expect(plan.filter(({ verdict }) => verdict === 'delete').map(({ digest }) => digest)).toEqual([
    digestOf(4),
  ])
})

test('the configuration of now counts: a reload may have changed it', async () => {
  let configured = NOTHING
  const find = makeFindProtections({ 'expiry.protect': makeFindProtected(() => configured, NOT_KNOWN) })
  expect((await find('ci'))(image)).toBeUndefined()
  configured = { ...NOTHING, tags: ['pr-*'] }
  expect((await find('ci'))(image)).toBe('it is protected: the tag pr-* of expiry.protect')
})
