import { expect, test } from 'vitest'
import { compilePattern } from '../../src/platform/compile-pattern.ts'

test.each([
  'v\\d+\\.\\d+\\.\\d+(-rc\\d+)?',
  '[a-z]{1,255}',
  '.{0,128}',
  '(main|release|hotfix-[a-z0-9-]{1,64})',
])('a pattern as people write it is not too large: %s', (text) => {
  expect(() => compilePattern(text)).not.toThrow()
})

test('a pattern that is too large is refused: one of 1,100 characters would take seconds for each tag', () => {
  expect(() => compilePattern('(a?){1000}'.repeat(100))).toThrow(
    /^expected a smaller pattern: \d+ instructions/,
  )
  expect(() => compilePattern('(')).toThrow('error parsing regexp')
})
