import { expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  changedRuleYaml,
  numbersOf,
  valuesAround,
  type WrittenPolicy,
  withNumber,
} from '../../web/src/pages/plan/plan-numbers.ts'
import { ruleYaml } from '../../web/src/pages/plan/rule-yaml.ts'

const POLICY: WrittenPolicy = {
  name: 'branches',
  rules: [
    { tag: 'v*', keep: true },
    { tag: { pattern: 'pr-[0-9]+' }, keep: { newest: 10, by: 'used' } },
    { tag: '*', olderThan: '14d', notUsedFor: '36h', expire: true },
  ],
}

test('the numbers of a policy are those of its rules', () => {
  expect(numbersOf(POLICY)).toEqual([
    { rule: 1, key: 'newest', value: '10', label: 'keep /pr-[0-9]+/: the newest' },
    { rule: 2, key: 'olderThan', value: '14d', label: 'expire *: older than' },
    { rule: 2, key: 'notUsedFor', value: '36h', label: 'expire *: not used for' },
  ])
  expect(numbersOf({ name: 'of a dialect' })).toEqual([])
})

test.each([
  ['newest', '10', ['1', '2', '3', '5', '8', '10', '15', '20', '30', '50', '75', '100']],
  ['newest', '1', ['1', '2', '3', '5', '8', '10', '15']],
  ['newest', '12', ['2', '3', '5', '8', '10', '12', '15', '20', '30', '50', '75']],
  ['olderThan', '36h', ['10m', '1h', '6h', '12h', '1d', '36h', '2d', '3d', '5d', '7d', '10d', '14d']],
] as const)('the values around %s %s are in order, with itself', (key, value, expected) => {
  const values = valuesAround({ key, value })
  expect(values).toContain(value)
  expect(new Set(values).size).toBe(values.length)
  expect(values.length).toBeLessThanOrEqual(13)
  expect(values.join()).toContain(expected.slice(2, -2).join())
})

test('another number changes that number only', () => {
  const [newest, older] = numbersOf(POLICY)
  if (newest === undefined || older === undefined) throw new Error('no numbers')
  expect(withNumber(POLICY, newest, '3').rules?.[1]).toEqual({
    tag: { pattern: 'pr-[0-9]+' },
    keep: { newest: 3, by: 'used' },
  })
  expect(withNumber(POLICY, older, '7d')).toEqual({
    ...POLICY,
    rules: [POLICY.rules?.[0], POLICY.rules?.[1], { ...POLICY.rules?.[2], olderThan: '7d' }],
  })
  expect(changedRuleYaml(POLICY, older, '7d')).toBe(
    '- { tag: "*", olderThan: 7d, notUsedFor: 36h, expire: true }',
  )
})

test.each([
  { tag: '{main,v*}', keep: true },
  { tag: { pattern: '(?P<b>[a-z]+)-\\d+: "x" # y' }, keep: { newest: 3, per: 'b' } },
  { name: 'yes', tag: 'on', olderThan: '90m', trust: ['event', 'registry'], expire: true },
  { label: { 'org.example/team': '1e3', '~': 'null', '': ' ' }, largerThan: '2GiB', expire: true },
  { tagged: false, olderThan: '1d', expire: true },
])('a rule in YAML is read as it is: %j', (rule) => {
  for (const version of ['1.1', '1.2'] as const) expect(parse(ruleYaml(rule), { version })).toEqual([rule])
})
