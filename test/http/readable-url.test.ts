import { expect, test } from 'vitest'
import { readableUrl } from '../../src/http/readable-url.ts'

test('a percent sign that encodes nothing stands for itself; what can be decoded stays as it is', () => {
  expect(readableUrl('/projects/%zz')).toBe('/projects/%25zz')
  expect(readableUrl('/runs/%E0%A4%A?x=%zz')).toBe('/runs/%25E0%25A4%25A?x=%zz')
  expect(readableUrl('/v1/projects/ci%2Fapp/history?from=%zz')).toBe('/v1/projects/ci%2Fapp/history?from=%zz')
  expect(readableUrl('/')).toBe('/')
})
