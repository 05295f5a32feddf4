import { expect, test } from 'vitest'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const policyWith = (keys: string) => `${minimal}expiry:
  policies:
    - name: cleanup
      match: { registry: ci }
      ${keys.replaceAll('\n', '\n      ')}
`
const policiesOf = async (...args: Parameters<typeof loadYaml>) => (await loadYaml(...args)).expiry.policies

const rules = { rules: [{ rulePriority: 1 }] }
const SCHEDULE = { mode: 'plan', schedule: '0 * * * *', timeZone: 'UTC' }
const quay = { policies: [{ method: 'creation_date', value: '2w' }] }

test('a policy has the document of its dialect', async () => {
  expect(await policiesOf(policyWith(`dialect: quay\ndocument: ${JSON.stringify(quay)}`))).toEqual([
    {
      name: 'cleanup',
      match: { registry: 'ci', project: '**', repository: '**' },
      ...SCHEDULE,
      dialect: 'quay',
      document: quay,
    },
  ])
})

test.each([
  ['policy.json', JSON.stringify(quay, null, '\t')],
  ['policy.yaml', 'policies:\n  - method: creation_date\n    value: 2w\n'],
])('the document can be in a file next to the configuration: %s', async (name, text) => {
  const yaml = policyWith(`dialect: quay\ndocumentFile: ${name}`)
  expect(await policiesOf(yaml, {}, { [name]: text })).toEqual([
    {
      name: 'cleanup',
      match: { registry: 'ci', project: '**', repository: '**' },
      ...SCHEDULE,
      dialect: 'quay',
      document: quay,
    },
  ])
})

test('a null in a document stays: it may mean something else than a missing field', async () => {
  const withNull = { policies: [{ ...quay.policies[0], tagPattern: 'rc', tagPatternMatches: null }] }
  const inline = policyWith(`dialect: quay\ndocument: ${JSON.stringify(withNull)}`)
  expect(await policiesOf(inline)).toMatchObject([{ document: withNull }])
  const aliased = `${minimal}expiry: { policies: [{ name: p, match: { registry: ci }, dialect: quay, document: &d ${JSON.stringify(withNull)} }, { name: q, match: { registry: ci }, dialect: quay, document: *d }] }\n`
  expect(await policiesOf(aliased)).toMatchObject([{ document: withNull }, { document: withNull }])
})

test('a variable of the environment can hold the document, or name its file', async () => {
  const yaml = policyWith('dialect: quay\ndocumentFile: absent')
  expect(
    await policiesOf(yaml, { TALLYMAN_EXPIRY__POLICIES__0__DOCUMENT: JSON.stringify(quay) }),
  ).toMatchObject([{ document: quay }])
  const env = { TALLYMAN_EXPIRY__POLICIES__0__DOCUMENT_FILE: 'other' }
  expect(await policiesOf(yaml, env, { other: JSON.stringify(quay) })).toMatchObject([{ document: quay }])
})

test.each<[string, Record<string, string>, string]>([
  ['absent', {}, 'cannot read absent: no such file or directory'],
  [
    'broken',
    { broken: '{"rules": [' },
    'cannot read broken: neither JSON nor YAML: Unexpected end of JSON input',
  ],
  ['empty', { empty: '' }, 'empty: policy: expected an object'],
  ['refused', { refused: JSON.stringify(rules) }, 'refused: rules[0].selection: it is missing'],
  ['large', { large: ' '.repeat(1_100_000) }, 'cannot read large: it has 1.0 MiB; expected 1.0 MiB at most'],
])('a file that cannot be used is a problem of its key: %s', async (name, files, problem) => {
  expect(await problemsOf(policyWith(`dialect: ecr\ndocumentFile: ${name}`), {}, files)).toEqual([
    `tallyman.yaml:11:7: expiry.policies.0.documentFile: ${problem}`,
  ])
})
