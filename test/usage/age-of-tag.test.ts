import { expect, test } from 'vitest'
import type { Age, AgeSource } from '../../src/usage/age.ts'
import { ageOfTag } from '../../src/usage/age-of-tag.ts'

const age = (source: AgeSource, at: number): Age => ({ source, at })

test.each<[string, { image: Age; heardSince: number; tag: Age; expected: Age }]>([
  [
    'a tag with a time of its own',
    { image: age('event', 10), heardSince: 50, tag: age('storage', 40), expected: age('storage', 40) },
  ],
  [
    'a tag that was found together with an image whose config tells when it was built',
    { image: age('image', 10), heardSince: 50, tag: age('seen', 50), expected: age('image', 10) },
  ],
  [
    'the same, if the tag was marked as undated',
    { image: age('image', 10), heardSince: 50, tag: age('undated', 50), expected: age('image', 10) },
  ],
  [
    'a fresh tag on an old image',
    { image: age('image', 10), heardSince: 50, tag: age('seen', 51), expected: age('seen', 51) },
  ],
  [
    'a fresh tag on an image that was pushed before under another tag',
    { image: age('event', 50), heardSince: 50, tag: age('seen', 51), expected: age('seen', 51) },
  ],
  [
    'a tag that was seen before a later push of the image',
    { image: age('event', 60), heardSince: 60, tag: age('seen', 50), expected: age('seen', 50) },
  ],
  [
    'a tag on an image without an age',
    { image: age('undated', 50), heardSince: 50, tag: age('seen', 50), expected: age('seen', 50) },
  ],
  [
    'a tag on an image whose time is not known',
    { image: age('event', 0), heardSince: 50, tag: age('seen', 50), expected: age('seen', 50) },
  ],
  [
    'a tag whose time is not known',
    { image: age('image', 10), heardSince: 50, tag: age('seen', 0), expected: age('seen', 0) },
  ],
])('the age of %s', (_, { image, heardSince, tag, expected }) => {
  expect(ageOfTag({ age: image, heardSince }, { age: tag })).toEqual(expected)
})
