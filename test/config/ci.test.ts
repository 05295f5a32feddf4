import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabCertificates, makeCertificates } from '../../lab/certificates.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

let certificates: LabCertificates
beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.close())

/** A configuration with one issuer; `keys` replaces keys of it. */
const withIssuer = (keys: Record<string, unknown> = {}) => {
  const issuer = {
    ...{ name: 'gitlab', type: 'gitlab', issuer: 'https://gitlab.example.com', audience: 'https://tallyman' },
    projects: [{ path: '**', registry: 'ci' }],
    ...keys,
  }
  return `${minimal}ci: ${JSON.stringify({ issuers: [issuer] })}\n`
}

test('an issuer has defaults, and the values of claims are lists of texts', async () => {
  const conditions = { ref_protected: true, ref_type: ['tag', 'branch'], 'https://claims/level': 30 }
  const { ci } = await loadYaml(
    withIssuer({ conditions, projects: [{ path: 'a/b', id: 42, registry: 'ci' }] }),
  )
  expect(ci.issuers).toEqual([
    {
      ...{
        name: 'gitlab',
        type: 'gitlab',
        issuer: 'https://gitlab.example.com',
        audience: 'https://tallyman',
      },
      algorithms: ['RS256'],
      projects: [{ path: 'a/b', id: '42', registry: 'ci', project: '{path}' }],
      conditions: { ref_protected: ['true'], ref_type: ['tag', 'branch'], 'https://claims/level': ['30'] },
    },
  ])
})

test('its certificates are read from a file', async () => {
  const files = { 'ca.pem': await readFile(certificates.ca, 'utf8'), text: 'no PEM' }
  const { ci } = await loadYaml(withIssuer({ caFile: 'ca.pem' }), {}, files)
  expect(ci.issuers[0]?.ca).toContain('BEGIN CERTIFICATE')
  expect(await problemsOf(withIssuer({ caFile: 'text' }), {}, files)).toEqual([
    expect.stringContaining('ci.issuers.0.caFile: expected certificates in PEM'),
  ])
})

const github = 'https://token.actions.githubusercontent.com'
const path = (path: string) => [{ path, registry: 'ci' }]

test.each<[Record<string, unknown>, string]>([
  [{ algorithms: ['HS256'] }, 'algorithms.0: expected one of RS256, '],
  [{ algorithms: ['none'] }, 'algorithms.0: expected one of RS256, '],
  [{ algorithms: [] }, 'algorithms: expected at least one entry'],
  [{ type: 'jenkins' }, 'type: expected one of gitlab, github'],
  [{ issuer: 'gitlab.example.com' }, 'issuer: expected an http or https URL'],
  [{ issuer: 'https://user:hunter2@gitlab' }, 'issuer: expected an http or https URL without credentials'],
  [{ audience: '' }, 'audience: expected a non-empty string'],
  [{ projects: [] }, 'projects: expected at least one entry'],
  [{ projects: undefined }, 'projects: expected a list'],
  [
    { projects: [{ path: '**', registry: 'none' }] },
    'projects.0.registry: expected the name of a configured registry (ci)',
  ],
  [{ projects: path('Team-A/*') }, 'projects.0.path: expected a glob that can match'],
  [
    { projects: [{ path: '**', registry: 'ci', project: '{name}' }] },
    'projects.0.project: expected the path of a project that contains no variable but {path}',
  ],
  [
    { projects: [{ path: '**', registry: 'ci', id: 'team-a' }] },
    'projects.0.id: expected the id of a project, a number',
  ],
  [{ conditions: {} }, 'conditions: expected at least one entry'],
  [{ conditions: { ref_type: [] } }, 'conditions.ref_type: expected a text, or a list of texts'],
  [{ conditions: { ref_type: { tag: true } } }, 'conditions.ref_type: expected a text, or a list of texts'],
  [{ conditions: { 'ref type': 'tag' } }, 'conditions.ref type: expected the name of a claim'],
  [
    { issuer: github, projects: path('**') },
    'ci.issuers.0: expected each path in projects to begin with the name of a group or owner',
  ],
  [
    { issuer: 'https://gitlab.com', projects: path('*/app') },
    'ci.issuers.0: expected each path in projects to begin',
  ],
  [
    { issuer: `${github}/acme`, projects: path('{acme,x}/app') },
    'ci.issuers.0: expected each path in projects to begin',
  ],
])('%j is refused', async (keys, problem) => {
  const problems = await problemsOf(withIssuer(keys))
  expect(problems).toEqual([expect.stringContaining(problem)])
  expect(problems.join()).not.toContain('hunter2')
})

test('at an issuer where anybody may have a project, those of a named owner are right', async () => {
  expect(await problemsOf(withIssuer({ issuer: github, type: 'github', projects: path('acme/**') }))).toEqual(
    [],
  )
})

test('two issuers with one URL are refused', async () => {
  const { ci } = await loadYaml(withIssuer())
  const [one] = ci.issuers
  const yaml = `${minimal}ci: ${JSON.stringify({ issuers: [one, { ...one, name: 'again' }] })}\n`
  expect(await problemsOf(yaml)).toEqual([
    expect.stringContaining('ci.issuers.1.issuer: has the same value as'),
  ])
})
