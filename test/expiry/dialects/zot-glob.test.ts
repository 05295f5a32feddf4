import { expect, test } from 'vitest'
import { makeZotGlob } from '../../../src/expiry/dialects/zot-glob.ts'

// From doublestar's own tests (doublestar_test.go), as v4 decides them.
test.each([
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['ab[b-d]', 'abc', true],
  ['ab[^b-d]', 'abc', false],
  ['ab[!e-g]', 'abc', true],
  ['a\\*b', 'ab', false],
  ['a\\*b', 'a*b', true],
  ['a?b', 'a☺b', true],
  ['a?b', 'a/b', false],
  ['[\\-x]', '-', true],
  ['[x\\]]', ']', true],
  ['a.b', 'axb', false],
  ['a/**', 'a', true],
  ['a/**', 'a/b/c', true],
  ['a/**', 'ab', false],
  ['**', 'a/b/c', true],
  ['**/c', 'c', true],
  ['**/c', 'a/b/c', true],
  ['**/c', 'a/abc', false],
  ['a/**/b', 'a/b', true],
  ['a/**/d', 'a/b/c/d', true],
  ['a/**/', 'a', true],
  ['a/**/', 'a/b', false],
  ['abc**', 'abcd', true],
  ['abc**', 'abc/d', false],
  ['a/**b', 'a/c/b', false],
  ['ab{c,d,*}', 'abcde', true],
  ['a{b,c/{d,e}}', 'ac/e', true],
  ['a{b,c/{d,e}}', 'ad', false],
  ['{infra,prod}/**', 'prod/x/y', true],
  ['a{/**,b}/c', 'a/c', true],
  ['', 'a', false],
])('glob %s on %s is %s', (glob, name, matches) => {
  expect(makeZotGlob(glob)(name)).toBe(matches)
})

test.each(['[', '[]', 'a[bc', '[^', '\\', 'a{b', 'a}b', '[z-a]', '{a,b}'.repeat(10)])(
  '%s is refused',
  (glob) => {
    expect(() => makeZotGlob(glob)).toThrow(RangeError)
  },
)

test('a glob of many stars takes no time', () => {
  expect(makeZotGlob('*a'.repeat(200))(`${'a'.repeat(250)}b`)).toBe(false)
})
