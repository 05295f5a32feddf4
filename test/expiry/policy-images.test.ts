import { expect, test } from 'vitest'
import { indexed } from '../../lab/images.ts'
import { policyImagesOf } from '../../src/expiry/policy-images.ts'
import { MEDIA_TYPES } from '../../src/usage/media-types.ts'

test('a media type that the index does not know is empty', () => {
  const [other = '', manifest = ''] = MEDIA_TYPES
  const images = [other, manifest].map((mediaType) => ({ ...indexed('a'), mediaType }))
  expect(policyImagesOf(images).map(({ mediaType }) => mediaType)).toEqual(['', manifest])
})
