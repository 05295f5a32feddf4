import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeProjectOf, projectId, splitProjectId } from '../../src/usage/project.ts'

describe('by depth', () => {
  test.each([
    [1, 'team-a/app/api', 'team-a'],
    [2, 'team-a/app/api', 'team-a/app'],
    [2, 'team-a/app', 'team-a/app'],
    [2, 'app', 'app'],
    [3, 'a/b/c/d/e', 'a/b/c'],
    [16, 'a/b', 'a/b'],
  ])('the first %d segments of %s are %s', (segments, repository, project) => {
    expect(makeProjectOf({ segments })(repository)).toBe(project)
  })
})

describe('by pattern', () => {
  test.each([
    ['^(?P<project>[^/]+/[^/]+)/', 'team-a/app/api', 'team-a/app'],
    ['^(?P<project>[^/]+/[^/]+)/', 'team-a/app', 'team-a/app'],
    ['^(?P<project>[^/]+/[^/]+)/', 'app', 'app'],
    ['/(?P<project>[a-z]+)-', 'group/team-app/x', 'team'],
    ['^group/(?P<project>[^/]*)', 'group/', 'group/'],
    ['^(?:old/(?P<project>.+)|new/.*)$', 'new/app', 'new/app'],
    ['^mirror/(?P<project>.*)$', 'mirror/a/b', 'a/b'],
  ])('%s, given %s, finds the project %s', (pattern, repository, project) => {
    expect(makeProjectOf({ pattern })(repository)).toBe(project)
  })

  test('a pattern that would hang a backtracking engine is matched at once', () => {
    const projectOf = makeProjectOf({ pattern: '^(?P<project>(a+)+)b$' })
    const repository = 'a'.repeat(200)
    expect(projectOf(repository)).toBe(repository)
  })
})

const anyRepository = fc.stringMatching(/^[a-z0-9]{1,5}(\/[a-z0-9]{1,5}){0,5}$/)

test('a project is the beginning of its repository’s name, and the project of itself', () => {
  fc.assert(
    fc.property(anyRepository, fc.integer({ min: 1, max: 6 }), (repository, segments) => {
      const projectOf = makeProjectOf({ segments })
      const project = projectOf(repository)
      expect(`${repository}/`.startsWith(`${project}/`)).toBe(true)
      expect(project.split('/').length).toBe(Math.min(segments, repository.split('/').length))
      expect(projectOf(project)).toBe(project)
    }),
  )
})

test('an id is split into the registry and the path that it was made of', () => {
  expect(projectId('ci', 'team-a/app')).toBe('ci/team-a/app')
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), anyRepository, (registry, path) => {
      expect(splitProjectId(projectId(registry, path))).toEqual({ registry, path })
    }),
  )
})
