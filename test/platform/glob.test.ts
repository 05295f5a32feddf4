import { expect, test } from 'vitest'
import { makeGlob } from '../../src/platform/glob.ts'

test('a glob filters a list: the positions that filter and some pass mean nothing', () => {
  const names = ['ci', 'production', 'ci-2', 'other']
  expect(names.filter(makeGlob('ci'))).toEqual(['ci'])
  expect(names.filter(makeGlob('ci*'))).toEqual(['ci', 'ci-2'])
  expect(names.some(makeGlob('x'))).toBe(false)
})
