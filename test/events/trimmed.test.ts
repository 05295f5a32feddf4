import { expect, test } from 'vitest'
import { trimmed } from '../../src/events/trimmed.ts'

const references = [{ digest: 'sha256:…', size: 1 }]

test('the caller’s JWT is left out, and of a pull its list of references; nothing else is touched', () => {
  const target = { repository: 'a', references }
  expect(trimmed({ action: 'push', target, actor: { name: 'n', user: 'jwt' } })).toEqual({
    ...{ action: 'push', target, actor: { name: 'n' } },
  })
  expect(trimmed({ action: 'pull', target, actor: {} })).toEqual({
    ...{ action: 'pull', target: { repository: 'a' }, actor: {} },
  })
  expect(target).toEqual({ repository: 'a', references })
})

test.each([
  [null],
  ['text'],
  [[1]],
  [{}],
  [{ action: 'pull' }],
  [{ action: 'pull', target: null }],
  [{ actor: 'user' }],
])('%j is left as it is', (event) => {
  expect(trimmed(event)).toBe(event)
})
