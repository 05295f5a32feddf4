import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodePlainId } from '../../src/http/plain-ids.ts'

test.each([
  ['/v1/projects/ci/team-a/app', '/v1/projects/ci%2Fteam-a%2Fapp'],
  ['/v1/projects/ci/team-a/app/-/tags?limit=1', '/v1/projects/ci%2Fteam-a%2Fapp/tags?limit=1'],
  ['/v1/projects/ci/team-a/tags', '/v1/projects/ci%2Fteam-a%2Ftags'],
  ['/v1/projects/ci/tags/-/tags', '/v1/projects/ci%2Ftags/tags'],
  ['/v1/projects/ci/a?search=x/-/y', '/v1/projects/ci%2Fa?search=x/-/y'],
])('%s means %s', (plain, encoded) => {
  expect(encodePlainId(plain)).toBe(encoded)
})

test.each([
  '/',
  '/v1/projects',
  '/v1/projects?search=a/b',
  '/v1/projects/',
  '/v1/projects/ci',
  '/v1/projects/ci%2Fteam-a%2Fapp',
  '/v1/projects/ci%2fteam-a/tags',
  '/v1/registries/ci/reconcile',
])('%s stays as it is', (url) => {
  expect(encodePlainId(url)).toBe(url)
})

test('any id means the same in both forms, and so does what is below it', () => {
  const part = fc.stringMatching(/^[a-z0-9]([._-]?[a-z0-9])*$/)
  const parts = fc.array(fc.oneof(part, fc.constantFrom('tags', 'reclaimable')), {
    minLength: 2,
    maxLength: 6,
  })
  fc.assert(
    fc.property(parts, fc.constantFrom('', '/tags', '/reclaimable'), (id, below) => {
      const encoded = `/v1/projects/${encodeURIComponent(id.join('/'))}${below}`
      const plain = `/v1/projects/${id.join('/')}${below === '' ? '' : `/-${below}`}`
      expect(encodePlainId(plain)).toBe(encoded)
      expect(encodePlainId(encoded)).toBe(encoded)
    }),
  )
})
