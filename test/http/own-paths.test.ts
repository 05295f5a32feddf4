import { expect, test } from 'vitest'
import { OWN_PATH, PAGE_LINK } from '../../src/http/own-paths.ts'

test('a link is followed by the dashboard, or by the browser if the service itself answers it', () => {
  for (const link of ['/', '/?at=ci/v1', '/projects/ci/v1/docs', '/docs-of-mine', '/v1x', '?sort=name'])
    expect(PAGE_LINK.test(link), link).toBe(true)
  for (const link of [
    '/v1/login/oidc?to=%2F',
    '/docs',
    '/docs?x=1',
    '/docs/#tag',
    '/openapi.json',
    '/assets/a.js',
  ])
    expect(PAGE_LINK.test(link), link).toBe(false)
  expect(OWN_PATH.test('/v1/projects')).toBe(true)
  expect(OWN_PATH.test('/projects')).toBe(false)
})
