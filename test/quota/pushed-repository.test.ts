import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endsOnLongInput } from '../../lab/ends-on-long-input.ts'
import { pushedRepository } from '../../src/quota/pushed-repository.ts'

test.each([
  ['POST', '/v2/team/app/blobs/uploads/', 'team/app'],
  ['POST', '/v2/team/app/blobs/uploads', 'team/app'],
  ['POST', '/v2/team/app/blobs/uploads/?mount=sha256:00&from=team/base', 'team/app'],
  ['PUT', '/v2/team/app/manifests/v1', 'team/app'],
  ['PUT', '/v2/team/app/manifests/sha256:00?tag=v1', 'team/app'],
  ['PUT', '/v2/app/manifests/v1', 'app'],
  // As a registry would read them.
  ['PUT', '/v2/te%61m/app/manifests/v1', 'team/app'],
  ['PUT', '/v2/team%2Fapp/manifests/v1', 'team/app'],
  ['PUT', 'http://v2/v2/team/app/manifests/v1', 'team/app'],
  ['PUT', '/v2/x/../team/app/manifests/v1', 'team/app'],
  ['PUT', '/v2/x/%2e%2E/team/app/manifests/v1', 'team/app'],
  ['PUT', '/v2/../v2/./team//app/x/../manifests//v1/', 'team/app'],
  ['POST', '//v2/team/app/blobs//uploads//', 'team/app'],
  ['PUT', '/registry/v2/team/app/manifests/v1', 'team/app'],
  ['PUT', '/v2/team/v2/app/manifests/v1', 'team/v2/app'],
  ['PUT', '/v2/team/manifests/manifests/v1', 'team/manifests'],
])('%s %s pushes to %s', (method, uri, repository) => {
  expect(pushedRepository(method, uri)).toBe(repository)
})

test.each([
  ['GET', '/v2/team/app/manifests/v1'],
  ['HEAD', '/v2/team/app/blobs/sha256:00'],
  // Deleting is how a project comes below its quota.
  ['DELETE', '/v2/team/app/manifests/sha256:00'],
  ['DELETE', '/v2/team/app/blobs/uploads/5b9c'],
  // An upload that has begun.
  ['PATCH', '/v2/team/app/blobs/uploads/5b9c'],
  ['PUT', '/v2/team/app/blobs/uploads/5b9c?digest=sha256:00'],
  ['POST', '/v2/'],
  ['POST', '/token'],
  ['POST', '/v2/blobs/uploads/'],
  ['PUT', '/v2/te%zzm/app/manifests/v1'],
  ['PUT', ''],
])('%s %s is no push', (method, uri) => {
  expect(pushedRepository(method, uri)).toBeUndefined()
})

test('a push is found however its repository is written', () => {
  const name = fc
    .array(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/'))
  const percent = (text: string, which: boolean[]) =>
    [...text]
      .map((c, i) => (which[i % which.length] ? `%${c.charCodeAt(0).toString(16).padStart(2, '0')}` : c))
      .join('')
  fc.assert(
    fc.property(name, fc.array(fc.boolean(), { minLength: 1 }), (repository, which) => {
      const written = percent(repository, which)
      expect(pushedRepository('PUT', `/v2/${written}/manifests/v1`)).toBe(repository)
      expect(pushedRepository('POST', `/v2/${written}/blobs/uploads/`)).toBe(repository)
    }),
  )
})

test('a long target takes no long time', () => {
  for (const part of ['/v2/', '/manifests/', '/', '?', '%41'])
    expect(endsOnLongInput(() => pushedRepository('PUT', part.repeat(300_000)) ?? '')).toBeTypeOf('string')
})
