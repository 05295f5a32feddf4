import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readPolicy } from '../../src/config/read-policy.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const match = { registry: 'ci' }
const rules = [{ tag: 'pr-*', olderThan: '14d', expire: true }]
const quay = {
  policies: [{ method: 'creation_date', value: '2w', tagPattern: 'rc', tagPatternMatches: null }],
}
const configured = (policy: unknown) => `${minimal}${stringify({ expiry: { policies: [policy] } })}`

test.each([
  ['with rules', { name: 'p', match, rules, mode: 'apply', notice: '3d' }],
  ['of a dialect', { name: 'p', match, dialect: 'quay', document: quay }],
  ['with nulls', { name: 'p', match, rules: [{ ...rules[0], name: null }], schedule: null }],
])('a policy %s is read as in the configuration', async (_, policy) => {
  expect(await readPolicy(policy, ['ci'])).toEqual({
    policy: (await loadYaml(configured(policy))).expiry.policies[0],
  })
})

test.each([
  ['an unknown key', { name: 'p', match, rules, olderThan: '3d' }],
  ['a wrong value', { name: 'p', match, rules: [{ tag: 'pr-*', olderThan: 'long', expire: true }] }],
  [
    'several',
    {
      match,
      mode: 'delete',
      rules: [
        { tag: '^v', expire: true },
        { tag: '*', keep: false },
      ],
    },
  ],
  ['no rules', { name: 'p', match }],
  ['no match', { name: 'p', rules }],
  ['a registry that is not configured', { name: 'p', match: { registry: 'next' }, rules }],
  ['a project of no registry', { name: 'p', match: { registry: 'ci', project: 'next/**' }, rules }],
  ['a document that its system refuses', { name: 'p', match, dialect: 'quay', document: { policies: [{}] } }],
  ['a wrong dialect', { name: 'p', match, dialect: 'nexus', document: quay }],
])('%s is refused as in the configuration', async (_, policy) => {
  const read = await readPolicy(policy, ['ci'])
  const problems = 'problems' in read ? read.problems : []
  const expected = await problemsOf(configured(policy))
  expect(expected.length).toBeGreaterThan(0)
  // Those have the file, line and column before.
  const told = expected.map((line) =>
    line.replace(/^tallyman\.yaml:\d+:\d+: expiry\.policies\.0\.?(: )?/, ''),
  )
  expect(problems.map(({ key, message }) => (key === '' ? message : `${key}: ${message}`)).sort()).toEqual(
    told.sort(),
  )
})

describe('what the configuration does not see', () => {
  test('no file is read', async () => {
    expect(
      await readPolicy({ name: 'p', match, dialect: 'quay', documentFile: '/etc/passwd' }, ['ci']),
    ).toEqual({
      problems: [
        { key: 'documentFile', message: 'expected document: no file is read here' },
        expect.objectContaining({ key: '' }),
      ],
    })
  })

  test('a value of thousands of levels is refused', async () => {
    let deep: unknown = 1
    for (let n = 0; n < 100_000; n++) deep = [deep]
    expect(await readPolicy({ name: 'p', match, dialect: 'quay', document: deep }, ['ci'])).toEqual({
      problems: [{ key: '', message: 'it is nested too deep' }],
    })
  })

  test.each([['a text'], [null], [[]], [1]])('%j is no policy', async (value) => {
    expect(await readPolicy(value, ['ci'])).toEqual({
      problems: [{ key: '', message: 'expected a mapping' }],
    })
  })

  test('without registries, the name and match may be left out', async () => {
    expect(await readPolicy({ rules })).toMatchObject({
      policy: {
        match: { registry: '*', project: '**', repository: '**' },
        rules: [{ tag: { glob: 'pr-*' } }],
      },
    })
    expect(await readPolicy({ rules, match: { registry: 'any', project: 'any/team' } })).toMatchObject({
      policy: { match: { project: 'any/team' } },
    })
    expect(await readPolicy({ rules, match: { registry: '' } })).toMatchObject({
      problems: [{ key: 'match.registry' }],
    })
  })
})
