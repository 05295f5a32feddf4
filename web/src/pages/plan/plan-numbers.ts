import { parseDuration } from '../../../../src/platform/units.ts'
import { ruleYaml } from './rule-yaml.ts'

/** A policy as the API writes it, as far as this page looks into it. */
export interface WrittenPolicy {
  name: string
  rules?: readonly WrittenRule[]
}
type WrittenRule = Record<string, unknown>

export type NumberKey = 'newest' | 'olderThan' | 'notUsedFor'

/** A number of a rule that people can choose. */
export interface RuleNumber {
  /** Which rule of the policy, counted from 0. */
  rule: number
  key: NumberKey
  /** As it is configured: `10`, or `14d`. */
  value: string
  /** `expire pr-*: older than` */
  label: string
}

const WORDS: Record<NumberKey, string> = {
  newest: 'the newest',
  olderThan: 'older than',
  notUsedFor: 'not used for',
}

/** The numbers of a policy's rules, in their order. */
export function numbersOf({ rules = [] }: WrittenPolicy): RuleNumber[] {
  return rules.flatMap((rule, n) =>
    (Object.keys(WORDS) as NumberKey[]).flatMap((key) => {
      const value = key === 'newest' ? Object(rule.keep).newest : rule[key]
      if (value === undefined) return []
      return [{ rule: n, key, value: String(value), label: `${nameOf(rule)}: ${WORDS[key]}` }]
    }),
  )
}

/** As plans name it (src/expiry/rule.ts). */
function nameOf({ name, keep, tag, tagged }: WrittenRule): string {
  if (typeof name === 'string') return name
  const what =
    tag === undefined
      ? tagged === false
        ? 'untagged'
        : tagged
          ? 'tagged'
          : 'any'
      : typeof tag === 'string'
        ? tag
        : `/${Object(tag).pattern}/`
  return `${keep === undefined ? 'expire' : 'keep'} ${what}`
}

const COUNTS = [1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000]
const DURATIONS = [
  '1s',
  '2s',
  '10s',
  '1m',
  '10m',
  '1h',
  '6h',
  '12h',
  '1d',
  '2d',
  '3d',
  '5d',
  '7d',
  '10d',
  '14d',
  '21d',
  '30d',
  '45d',
  '60d',
  '90d',
  '120d',
  '180d',
  '270d',
  '365d',
  '730d',
]

/** How many values are tried: the configured one, and so many on each side. */
const EACH_SIDE = 6

/** Values around the configured one, in ascending order. It is one of them. */
export function valuesAround({ key, value }: Pick<RuleNumber, 'key' | 'value'>): string[] {
  const sizeOf = (text: string) => (key === 'newest' ? Number(text) : parseDuration(text))
  const all = key === 'newest' ? COUNTS.map(String) : DURATIONS
  const size = sizeOf(value)
  return [
    ...all.filter((one) => sizeOf(one) < size).slice(-EACH_SIDE),
    value,
    ...all.filter((one) => sizeOf(one) > size).slice(0, EACH_SIDE),
  ]
}

/** The policy with another value of a number. */
export function withNumber<P extends WrittenPolicy>(policy: P, { rule, key }: RuleNumber, value: string): P {
  const rules = policy.rules?.map((one, n) => (n === rule ? changed(one, key, value) : one))
  return { ...policy, ...(rules && { rules }) }
}

function changed(rule: WrittenRule, key: NumberKey, value: string): WrittenRule {
  return key === 'newest'
    ? { ...rule, keep: { ...Object(rule.keep), newest: Number(value) } }
    : { ...rule, [key]: value }
}

/** The rule with the value, in YAML. */
export const changedRuleYaml = (policy: WrittenPolicy, number: RuleNumber, value: string): string =>
  ruleYaml(withNumber(policy, number, value).rules?.[number.rule])
