import fc from 'fast-check'
import { expect, test } from 'vitest'
import { githubClaims, gitlabClaims } from '../../lab/issuer.ts'
import { makeBindProject } from '../../src/ci/bind-projects.ts'
import { type CiPrincipal, describeCi, mayActFor } from '../../src/ci/principal.ts'
import { readClaims } from '../../src/ci/read-claims.ts'
import { CiRefusal } from '../../src/ci/refusal.ts'

const gitlab = { type: 'gitlab' as const, conditions: {} }
const job = gitlabClaims('https://gitlab.example.com')
const refusal = (act: () => unknown) => {
  try {
    return act()
  } catch (error) {
    return error instanceof CiRefusal ? `${error.status} ${error.code}: ${error.message}` : error
  }
}

test('the claims of GitLab and of GitHub tell the same of a job', () => {
  const commit = '714a629c0b401fdce83e847fc9589983fc6f46bc'
  expect(readClaims(gitlab, job)).toEqual({
    ...{ project: 'team-a/app', projectId: '22', job: '302', pipeline: '574', user: 'ann', commit },
    ...{ ref: 'v1.0', refType: 'tag', environment: null },
  })
  expect(readClaims({ type: 'github' }, githubClaims('https://token.actions.githubusercontent.com'))).toEqual(
    {
      ...{ project: 'acme/app', projectId: '74', job: null, pipeline: '20', user: 'ann', commit },
      ...{ ref: 'refs/tags/v1.0', refType: 'tag', environment: 'production' },
    },
  )
})

test.each([
  ['project_path', '403 claim: the token does not say project_path: it is not that of a CI job'],
  ['project_id', '403 claim: the token does not say project_id: it is not that of a CI job'],
])('a token without %s is refused', (name, message) => {
  expect(refusal(() => readClaims(gitlab, { ...job, [name]: undefined }))).toBe(message)
})

test.each([
  ['a/../b'],
  ['team-a/app/'],
  ['/team-a/app'],
  ['team-a//app'],
  ['team-a/app\u202e'],
  ['team-a/{path}'],
  ['team-a/app\u212a'],
  ['team-a/app:v1'],
])('a project called %j is refused', (path) => {
  const told = refusal(() => readClaims(gitlab, { ...job, project_path: path }))
  expect(told).toMatch(/^403 project: .*no repository can have this name$/)
  expect(told).not.toContain('\u202e')
})

test.each<[Record<string, string[]>, Record<string, unknown>, string | undefined]>([
  [{ ref_protected: ['true'] }, {}, undefined],
  [{ ref_protected: ['true'] }, { ref_protected: true }, undefined],
  [{ runner_id: ['1'] }, {}, undefined],
  [{ ref_type: ['branch', 'tag'] }, {}, undefined],
  [{ ref_protected: ['true'] }, { ref_protected: 'false' }, 'ref_protected is "false"; expected "true"'],
  [{ environment: ['production'] }, {}, 'the token does not say environment; expected "production"'],
  [{ toString: ['x'] }, {}, 'the token does not say toString; expected "x"'],
  [{ ref: ['a', 'b'] }, { ref: ['a'] }, 'the token does not say ref; expected "a" or "b"'],
  [
    { ref: ['a'], ref_type: ['tag'] },
    { ref: 'a', ref_type: 'branch' },
    'ref_type is "branch"; expected "tag"',
  ],
])('conditions %j with claims %j: %s', (conditions, claims, message) => {
  const told = refusal(() => void readClaims({ ...gitlab, conditions }, { ...job, ...claims }))
  expect(told).toBe(message && `403 condition: ${message}`)
})

const bind = (
  entries: { path: string; id?: string; project?: string }[],
  project = 'team-a/app',
  id = '22',
) =>
  refusal(() =>
    makeBindProject({
      name: 'gitlab',
      projects: entries.map((entry) => ({ project: '{path}', registry: 'ci', ...entry })),
    })({ project, projectId: id }),
  )

test('a project is bound to what all entries with its path say', () => {
  expect(bind([{ path: '**' }])).toEqual({ ids: [], projects: ['ci/team-a/app'] })
  expect(bind([{ path: 'team-a/*', project: 'from/{path}' }, { path: '*/app' }])).toEqual({
    ids: [],
    projects: ['ci/from/team-a/app', 'ci/team-a/app'],
  })
  expect(bind([{ path: 'team-b/**' }])).toMatch(/^403 project: .*that of team-a\/app$/)
})

test('a project that two entries name is named once', () => {
  expect(bind([{ path: '**' }, { path: 'team-a/app', id: '22' }])).toEqual({
    ids: ['22'],
    projects: ['ci/team-a/app'],
  })
})

test('an entry with an id says which id its path has, and is for this id only', () => {
  expect(bind([{ path: '**' }, { path: 'team-a/app', id: '22', project: 'old' }])).toEqual({
    ids: ['22'],
    projects: ['ci/team-a/app', 'ci/old'],
  })
  expect(bind([{ path: 'team-a/app', id: '1', project: 'old' }])).toEqual({ ids: ['1'], projects: [] })
})

test('a job may act for its project and those below it, and for no other', () => {
  const projects = ['ci/team-a/app']
  for (const own of ['ci/team-a/app', 'ci/team-a/app/web']) expect(mayActFor({ projects }, own)).toBe(true)
  for (const other of ['ci/team-a/app2', 'ci/team-a', 'prod/team-a/app', 'ci/team-a/ap', '', 'team-a/app'])
    expect(mayActFor({ projects }, other), other).toBe(false)
  const segment = fc.stringMatching(/^[a-z0-9]{1,3}$/)
  const path = fc.array(segment, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(path, path, (own, asked) => {
      const isBelow = own.every((part, n) => asked[n] === part)
      expect(mayActFor({ projects: [own.join('/')] }, asked.join('/'))).toBe(isBelow)
    }),
  )
})

test('a job is described in one line that a terminal can show', () => {
  const claims = readClaims(gitlab, job)
  const principal: CiPrincipal = { kind: 'ci', issuer: 'gitlab', projects: [], claims }
  expect(describeCi(principal)).toBe('CI job 302 of team-a/app (gitlab)')
  expect(describeCi({ ...principal, claims: { ...claims, job: null } })).toBe(
    'CI run 574 of team-a/app (gitlab)',
  )
  expect(describeCi({ ...principal, claims: { ...claims, job: '\u001b[2J' } })).not.toContain('\u001b')
})
