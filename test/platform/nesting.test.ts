import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isNestedDeeper } from '../../src/platform/nesting.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

test('finds the depth of any JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(7), (value, levels) => {
      expect(isNestedDeeper(JSON.stringify(value), levels)).toBe(depthOf(value) > levels)
    }),
  )
})

test.each([
  ['brackets in a string', '{"[[[[":"{{{{\\"[[[[\\\\"}', 1, false],
  ['beside each other', `[${'[],'.repeat(1_000)}{}]`, 2, false],
  ['without an end', '['.repeat(201), 100, true],
  ['too short to be valid and as deep', '['.repeat(150), 100, false],
  ['in a string without an end', `["${'['.repeat(201)}`, 100, false],
  ['in a string that ends with the escape', `["\\`, 100, false],
  ['ends without beginnings', ']]]][', 1, false],
])('%s', (_, text, levels, deeper) => {
  expect(isNestedDeeper(text, levels)).toBe(deeper)
})
