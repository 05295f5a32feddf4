import { expect, test } from 'vitest'
import { DAY, digest, indexed, NOW } from '../../lab/images.ts'
import { zot } from '../../src/expiry/dialects/zot.ts'
import { policyImagesOf } from '../../src/expiry/policy-images.ts'
import { digestKey, digestOfKey } from '../../src/usage/digest-key.ts'
import { MEDIA_TYPES } from '../../src/usage/media-types.ts'

test('a subject that the repository lacks is told as such: zot keeps what has one', () => {
  const age = NOW - 9 * DAY
  const images = [
    indexed('a', { age, subject: 'b' }),
    indexed('b', { age }),
    indexed('c', { age, subject: 'gone' }),
  ]
  const subjects = policyImagesOf(images).map(({ subject }) => subject)
  expect(subjects).toEqual([digest('b'), null, digestOfKey(digestKey(digest('gone')))])
  const document = { delay: '1h', policies: [] }
  const { verdicts } = zot.read(document)({ images: policyImagesOf(images), now: NOW, project: '' })
  expect(verdicts.map(({ isKept }) => isKept)).toEqual([true, false, true])
})

test('a media type that the index does not know is empty', () => {
  const [other = '', manifest = ''] = MEDIA_TYPES
  const images = [other, manifest].map((mediaType) => ({ ...indexed('a'), mediaType }))
  expect(policyImagesOf(images).map(({ mediaType }) => mediaType)).toEqual(['', manifest])
})
