import { expect, test } from 'vitest'
import { readPassing } from '../../src/barrier/passing.ts'

/** What a closed gate holds back, however it is spelt. */
const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['POST', '/v2/team/app/blobs/uploads/'],
  ['POST', '//v2//team/app/./blobs/uploads?'],
  ['PUT', '/v2/../v2/team/app/manifests/v1'],
  ['PUT', '/v2/team%2Fapp%2fmanifests%2Fv1'],
  ['PUT', '/v2/team/app/blobs/uploads/5b9c?_state=%ff'],
  ['PATCH', '/v2/team/app/blobs/uploads/5b9c%2F'],
  ['DELETE', '/v2/team/app/manifests/v1'],
  ['put', '/v2/team/app/manifests/v1'],
  ['PUT', 'http://registry.example.com/v2/team/app/manifests/v1'],
  // Go takes any scheme.
  ['PUT', 'h2+x://v2/v2/team/app/manifests/v1'],
  ['PUT', '/below/v2/team/app/manifests/v1'],
])('%s %s may change team/app', (method, uri) => {
  expect(readPassing(method, uri)?.repository).toBe('team/app')
})

// A registry that reads bytes takes them; none that reads UTF-8 does.
test.each([
  '/v2/team/app/manifests/%ff',
  '/v2/team/app/blobs/uploads/%c0',
  '/%ff/../v2/team/app/manifests/v1',
])('a path that is no UTF-8 is held back, too: %s', (uri) => {
  expect(readPassing('PUT', uri)?.repository).toBe('team/app')
})

test.each([
  `?mount=${digest}`,
  `?from=a&mount=${encodeURIComponent(digest)}`,
  // What is behind a `#` is query for Go, and nothing for others.
  `?from=a#&mount=${digest}`,
  `?mount=${digest}#`,
  `?x=%ff&mount=${digest}`,
  `?digest=sha256:0&digest=${digest}`,
])('POST …/blobs/uploads/%s names the digest', (query) => {
  expect(readPassing('POST', `/v2/team/app/blobs/uploads/${query}`)?.digests).toContain(digest)
})

test.each([
  `/v2/team/app/blobs/${digest}`,
  `/v2/team/app/blobs/${encodeURIComponent(digest)}?x=1`,
  `//v2/team/app//blobs/${digest}/`,
  `/v2/team/app/manifests/../blobs/${digest}#/manifests/v1`,
])('HEAD %s asks for the digest', (uri) => {
  expect(readPassing('HEAD', uri)).toEqual({ digests: [digest] })
})
