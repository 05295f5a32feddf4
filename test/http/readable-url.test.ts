import { expect, test } from 'vitest'
import { readableUrl } from '../../src/http/readable-url.ts'

test.each([
  ['/projects/%zz', '/projects/%25zz'],
  // No UTF-8.
  ['/v1/projects/ci%2Fa/%ff?sort=name', '/v1/projects/ci%252Fa/%25ff?sort=name'],
  ['/projects/%', '/projects/%25'],
])('a broken percent sign stands for itself: %s', (url, readable) => {
  expect(readableUrl(url)).toBe(readable)
})

test.each(['/projects/ci%2Fteam%20a', '/v1/projects?search=%zz', '/', '/projects/ä'])(
  'other URLs stay as they are: %s',
  (url) => {
    expect(readableUrl(url)).toBe(url)
  },
)
