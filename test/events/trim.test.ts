import { expect, test } from 'vitest'
import { trim } from '../../src/events/trim.ts'

const asKept = (event: unknown): unknown => {
  trim(event)
  return JSON.parse(JSON.stringify(event))
}
const references = [{ digest: 'sha256:…', size: 1 }]

test('removes the caller’s JWT, and the references of a pull, and nothing else', () => {
  const target = { repository: 'a', references }
  expect(asKept({ action: 'push', target, actor: { name: 'n', user: 'jwt' } })).toStrictEqual({
    ...{ action: 'push', target, actor: { name: 'n' } },
  })
  expect(asKept({ action: 'pull', target, actor: {} })).toStrictEqual({
    ...{ action: 'pull', target: { repository: 'a' }, actor: {} },
  })
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
  expect(asKept(event)).toStrictEqual(event)
})
