import { expect, test } from 'vitest'
import { makeDoublestar } from '../../../src/expiry/dialects/doublestar.ts'

/** By doublestar_test.go of github.com/bmatcuk/doublestar, and the comments of its Match function. */
test.each([
  ['abc', ['abc'], ['ab', 'abcd', 'xabc']],
  ['*', ['abc', 'a.b-c'], ['a/b']],
  ['**', ['abc', 'a/b/c'], []],
  ['a*', ['a', 'abc'], ['ab/c', 'ba']],
  ['a*/b', ['abc/b', 'a/b'], ['a/c/b']],
  ['a*b*c*d*e*/f', ['axbxcxdxe/f', 'axbxcxdxexxx/f'], ['axbxcxdxe/xxx/f', 'axbxcxdxexxx/fff']],
  ['a*b?c*x', ['abxbbxdbxebxczzx'], ['abxbbxdbxebxczzy']],
  ['ab[b-d]', ['abc'], ['abe', 'ab']],
  ['ab[^b-d]', ['abe', 'ab☺'], ['abc', 'ab/']],
  ['[a-ζ]*', ['α', 'b1'], ['A']],
  ['a?b', ['a☺b'], ['a/b', 'ab']],
  ['[\\]a]', [']', 'a'], ['b']],
  ['[x\\-]', ['x', '-'], ['z']],
  ['a\\*b', ['a*b'], ['ab', 'axb']],
  ['a.b', ['a.b'], ['axb']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'ab']],
  ['**/c', ['c', 'b/c', 'a/b/c'], ['a/b', 'abcd', 'a/abc']],
  ['a/**/c', ['a/c', 'a/b/c', 'a/b/b/c'], ['a', 'c']],
  ['abc**', ['abc', 'abcd'], ['abc/b']],
  ['**abc', ['abc', 'xabc'], ['b/abc']],
  ['ab{c,d,*}', ['abc', 'abd', 'abcde'], ['a']],
  ['a{,bc}', ['a', 'abc'], ['ab']],
  ['{a/{b,c},abc}', ['a/b', 'a/c', 'abc'], ['a/b/c', 'a']],
  ['{a/**,b}', ['a/x/y', 'b'], ['b/x']],
  ['{[0-9],[0-9][0-9]}.{[0-9],[0-9][0-9]}', ['1.2', '10.22'], ['1.2-rc', '100.2']],
  // Oddities of the original.
  ['{**,b}', ['x', 'b'], ['x/y']],
  ['v*{,1}', ['v21'], ['v', 'v2']],
  ['[^]', ['x'], ['/']],
  ['[z-a]', [], ['b', 'z']],
  ['a\\/b', [], ['a/b']],
  ['[.-9]', ['5'], ['/']],
])('%s', (pattern, matched, others) => {
  const matches = makeDoublestar(pattern)
  expect(matched.filter((name) => !matches(name))).toEqual([])
  expect(others.filter(matches)).toEqual([])
})

test.each([
  ['['],
  ['[^bc'],
  ['[]a]'],
  ['[-x]'],
  ['[x-]'],
  ['[a-b-c]'],
  ['[a-\\'],
  ['a\\'],
  ['ab{c,d'],
  ['ab{c,d}['],
])('%s is malformed', (pattern) => {
  expect(() => makeDoublestar(pattern)).toThrow(SyntaxError)
})

test('a pattern that stands for too many is refused, instead of filling the memory', () => {
  expect(() => makeDoublestar('{a,b}'.repeat(30))).toThrow('more than 5000 patterns')
  expect(makeDoublestar('{a,b}'.repeat(10))('ababababab')).toBe(true)
})

test('no pattern takes more than linear time', () => {
  expect(makeDoublestar('*a'.repeat(60))('a'.repeat(59))).toBe(false)
  expect(makeDoublestar('**/a/'.repeat(30).slice(0, -1))('a/'.repeat(29).slice(0, -1))).toBe(false)
})
