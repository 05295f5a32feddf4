import { expect, test } from 'vitest'
import {
  type BrokenImage,
  failureOf,
  imageName,
  sizesOf,
  successOf,
  wrongFilesOf,
} from '../../web/src/pages/broken-images/broken-text.ts'
import { scrubText } from '../../web/src/pages/broken-images/scrub-text.ts'
import { deletedText, regretText } from '../../web/src/pages/replay/replay-text.ts'

const digest = (c: string) => `sha256:${c.repeat(64)}`
const damage = (fault: 'missing' | 'size' | 'corrupt', c: string) => ({
  ...{
    digest: digest(c),
    part: 'layer' as const,
    fault,
    size: 2_048,
    found: 1_000,
    at: null,
    copies: null,
    text: '',
  },
})
const image: BrokenImage = {
  ...{ registry: 'ci', project: 'ci/team/app', repository: 'team/app', digest: digest('0') },
  ...{ tags: ['v1', 'v2'], tagCount: 2, damageCount: 2, since: '', seenAt: '' },
  damages: [damage('missing', 'a'), damage('corrupt', 'b')],
}

test('an image is named by its first tag, or by its digest', () => {
  expect(imageName(image)).toBe('ci/team/app:v1')
  expect(imageName({ ...image, tags: [] })).toBe(`ci/team/app@${digest('0')}`)
})

test('sizes are told as far as they are known', () => {
  expect(sizesOf(damage('missing', 'a'))).toBe('2.0 KiB')
  expect(sizesOf(damage('size', 'a'))).toBe('1,000 bytes instead of 2,048')
  expect(sizesOf({ ...damage('missing', 'a'), size: 0 })).toBe('')
})

test('only content that is there and wrong must be deleted first', () => {
  expect(wrongFilesOf(image)).toEqual([`docker/registry/v2/blobs/sha256/bb/${'b'.repeat(64)}/data`])
})

const content = (c: string, outcome: 'repaired' | 'failed', reason: string | null = null) => ({
  ...{ digest: digest(c), part: 'child' as const, from: 'production/team/app', outcome, reason },
})

test('a repair tells what it put back, from where, and why the rest failed', () => {
  const isWhole = true
  expect(successOf('ci/team/app:v1', { isWhole, contents: [content('a', 'repaired')] })).toBe(
    'ci/team/app:v1 is whole again: 1 content was put back from production/team/app',
  )
  expect(successOf('ci/team/app:v1', { isWhole, contents: [] })).toContain('nothing had to be put back')
  const contents = [content('a', 'repaired'), content('b', 'failed', 'no good copy is known')]
  expect(failureOf({ isWhole: false, contents })).toBe(
    `The image is not whole. 1 content was put back. listed manifest ${digest('b')}: no good copy is known.`,
  )
})

test('a scrub tells what it read and found', () => {
  const result = { registry: 'ci', images: 2, bytes: 2_048, damaged: 0, unread: 0 }
  expect(scrubText(result)).toBe('ci: 2 images read, 2.0 KiB; all is right')
  expect(scrubText({ ...result, damaged: 1, unread: 3 })).toBe(
    'ci: 2 images read, 2.0 KiB, 3 could not be read; 1 content is not right',
  )
  expect(scrubText({ ...result, images: 0, bytes: 0 })).toContain('nothing to read')
  expect(scrubText({ ...result, skipped: true })).toBe('ci: another scrub is in hand')
})

test('what a replay would have deleted, and what was pulled', () => {
  const none = { images: 0, tags: 0, pulls: 0, bytes: 0 }
  expect(deletedText({ images: 1, tags: 0 })).toBe('1 image')
  expect(deletedText({ images: 1_200, tags: 2 })).toBe('1,200 images and 2 single tags')
  expect(deletedText(none)).toBe('nothing')
  expect(regretText({ regretted: none })).toBe('none')
  expect(regretText({ regretted: { ...none, tags: 1, pulls: 5 } })).toBe('1 single tag, 5 pulls')
})
