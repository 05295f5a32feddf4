import { expect, test } from 'vitest'
import { textOf } from '../../src/cli/output/line.ts'
import { progressOfPromotion, statusTable } from '../../src/cli/promotion-text.ts'

test.each<[unknown, string]>([
  [0, 'it begins'],
  [{ seenAt: 1 }, 'it begins'],
  [{ bytes: 1024 }, '1.0 KiB at the target'],
  [{ bytes: 0, totalBytes: 3 * 1024 * 1024 }, '0 B of 3.0 MiB at the target'],
  [
    { why: 'at a gate: approval by 1: approved by 0 of 1', bytes: 7 },
    'it waits: at a gate: approval by 1: approved by 0 of 1',
  ],
])('the progress %j is: %s', (progress, text) => {
  expect(progressOfPromotion(progress)).toBe(text)
})

test('an active promotion is listed with its bytes', () => {
  const active = {
    id: 'j1',
    state: 'active' as const,
    image: 'ci/a:v1',
    target: 'production/a:v1',
    by: 'push',
  }
  const listed = {
    ...active,
    askedAt: '2026-11-27T00:00:00.000Z',
    progress: { bytes: 1024, totalBytes: 2048 },
  }
  expect(textOf(statusTable([listed])[1] ?? '', false)).toMatch(
    / active +- +ci\/a:v1 +- +production\/a:v1 +1\.0 KiB of 2\.0 KiB at the target$/,
  )
})
