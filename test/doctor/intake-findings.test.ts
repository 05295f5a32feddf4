import { expect, test } from 'vitest'
import { refusalFindings } from '../../src/doctor/intake-findings.ts'

const NOW = 1_800_000_000_000
const refusedAt = (lastAt: number) =>
  refusalFindings(
    'events of ci',
    [{ reason: 'token', from: '10.0.0.7', detail: 'expected a token', count: 71, lastAt }],
    NOW,
  )

test('a refusal of now is an error, and says how long it stays one after it was mended', () => {
  const [finding] = refusedAt(NOW - 60_000)
  expect(finding?.level).toBe('error')
  expect(finding?.fix).toMatch(/^put the token of .* ten minutes after the last refusal/)
})

test('a refusal that was mended long ago is a note', () => {
  const [finding] = refusedAt(NOW - 3_600_000)
  expect(finding?.level).toBe('note')
  expect(finding?.fix).not.toContain('ten minutes')
})
