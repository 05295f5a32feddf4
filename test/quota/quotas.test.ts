import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import type { Quota } from '../../src/quota/quota.ts'
import { makeQuotas } from '../../src/quota/quotas.ts'
import { compareSpecificity, tiesIn } from '../../src/quota/specificity.ts'

const manner = { measure: 'unique', warnAt: [0.8] } satisfies Quota
/** Of several globs in the order of the file, the number of the one that applies, from 1. */
const chosen = (project: string, ...globs: string[]) =>
  makeQuotas(
    globs.map((glob, i) => ({ ...manner, project: glob, limit: i + 1 })),
    [project.split('/', 1)[0] ?? ''],
  ).of(projectSubject(project))?.limit

describe('the quota of a project', () => {
  test('is that of the most specific glob, whatever the order', () => {
    expect(chosen('ci/team-a/app', '**', 'ci/**', 'ci/team-a/*', 'ci/*/app')).toBe(3)
    expect(chosen('ci/team-b/app', '**', 'ci/**', 'ci/team-a/*', 'ci/*/app')).toBe(4)
    expect(chosen('ci/team-b/web', '**', 'ci/**', 'ci/team-a/*', 'ci/*/app')).toBe(2)
    expect(chosen('dev/team-b', '**', 'ci/**', 'ci/team-a/*')).toBe(1)
    expect(chosen('dev/team-b', 'ci/**')).toBeUndefined()
    expect(chosen('ci/team-a/app', 'ci/team-a/*', 'ci/team-a/app')).toBe(2)
  })

  test('is the first in the file if two are alike', () => {
    expect(chosen('ci/abc-xyz', 'ci/abc*', 'ci/*xyz')).toBe(1)
    expect(chosen('ci/abc-xyz', 'ci/*xyz', 'ci/abc*')).toBe(1)
  })

  test.each([
    ['**', 'ci/a', true],
    ['**', 'ci/a/b/c', true],
    ['ci/**', 'ci/a/b', true],
    ['ci/*', 'ci/a/b', false],
    ['ci/*/*', 'ci/a/b', true],
    ['*/a', 'dev/a', true],
    ['ci/team.a', 'ci/team.a', true],
    ['ci/team.a', 'ci/team-a', false],
    ['ci/team.*', 'ci/team.a', true],
    ['ci/*', 'ci/.hidden', true],
    ['**', 'ci/a/.hidden', true],
    ['ci/{a,b}/*', 'ci/b/x', true],
    ['ci/a', 'ci/a/b', false],
    ['!ci/a', 'ci/b', false],
  ])('%s matches %s: %s', (glob, project, expected) => {
    expect(chosen(project, glob) !== undefined).toBe(expected)
  })

  test('with a plain name is for that project and no other', () => {
    const anyId = fc.stringMatching(/^[a-z0-9]+(\/[a-z0-9]+([._-][a-z0-9]+)*){1,3}$/)
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(chosen(a, a)).toBe(1)
        expect(chosen(b, a) === 1).toBe(a === b)
      }),
    )
  })
})

describe('specificity', () => {
  const anyGlob = fc
    .array(fc.constantFrom('ci', 'a', 'abc', '*', '**', 'a*', '*-x', '{a,b}', 'ab?'), {
      minLength: 1,
      maxLength: 4,
    })
    .map((segments) => segments.join('/'))

  test('is an order: no two globs are each more specific than the other, and it is transitive', () => {
    fc.assert(
      fc.property(anyGlob, anyGlob, anyGlob, (a, b, c) => {
        expect(Math.sign(compareSpecificity(a, b))).toBe(-Math.sign(compareSpecificity(b, a)) + 0)
        if (compareSpecificity(a, b) < 0 && compareSpecificity(b, c) < 0)
          expect(compareSpecificity(a, c)).toBeLessThan(0)
      }),
    )
  })

  test.each([
    ['ci/team-a/*', 'ci/*/application'],
    ['ci/team-*', 'ci/*'],
    ['ci/*', 'ci/**'],
    ['ci/**/app', 'ci/**'],
    ['ci/a', 'c*/a'],
  ])('of %s is higher than of %s', (more, less) => {
    expect(compareSpecificity(more, less)).toBeLessThan(0)
  })

  test('ties are those that can match the same project', () => {
    expect(tiesIn(['ci/abc*', 'ci/*xyz', 'ci/abd*', 'ci/*', 'ci/**', 'dev/*xyz'])).toEqual([
      ['ci/abc*', 'ci/*xyz'],
      ['ci/*xyz', 'ci/abd*'],
    ])
    expect(tiesIn(['ci/a', 'ci/b', '**'])).toEqual([])
  })
})

test('a project counts in each group that matches it, and in its registry', () => {
  const quotas = makeQuotas(
    [
      { ...manner, group: 'platform', projects: ['ci/infra/*', 'ci/base/*'], limit: 1 },
      { ...manner, group: 'all', projects: ['**'], limit: 2 },
      { ...manner, registry: 'ci', limit: 3 },
    ],
    ['ci', 'dev'],
  )
  expect(quotas.groupsOf('ci/base/go').map(({ group }) => group)).toEqual(['platform', 'all'])
  expect(quotas.groupsOf('ci/app/x').map(({ group }) => group)).toEqual(['all'])
  expect(quotas.registriesOf('ci/app/x')).toEqual([{ kind: 'registry', id: 'ci' }])
  expect(quotas.registriesOf('dev/app/x')).toEqual([])
  expect(quotas.of({ kind: 'group', id: 'all' })?.limit).toBe(2)
  expect(quotas.of({ kind: 'registry', id: 'ci' })?.limit).toBe(3)
  expect(quotas.of(projectSubject('ci/app/x'))).toBeUndefined()
})

test('a project of a registry that is not configured has no quota, and counts in no group', () => {
  const quotas = makeQuotas(
    [
      { ...manner, project: '**', limit: 1 },
      { ...manner, group: 'all', projects: ['**'], limit: 2 },
    ],
    ['ci'],
  )
  expect(quotas.of(projectSubject('ci/app'))?.limit).toBe(1)
  expect(quotas.of(projectSubject('gone/app'))).toBeUndefined()
  expect(quotas.groupsOf('ci/app')).toHaveLength(1)
  expect(quotas.groupsOf('gone/app')).toEqual([])
})
