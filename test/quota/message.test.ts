import { expect, it, test } from 'vitest'
import { message, type Told } from '../../src/quota/message.ts'

const GiB = 1024 ** 3
const told = (more: Partial<Told>): string =>
  message({
    ...{ name: 'ci/team-a/app', from: 'ok', to: 'warning', measure: 'unique', graceMs: 600_000 },
    ...{ used: 41 * GiB, limit: 50 * GiB, mark: 0.8 },
    ...more,
  })

it.each([
  ['ok', 'warning', 41, 'is at 82 % of its quota: 41.0 GiB of 50.0 GiB (warning from 80 %).'],
  [
    ...(['ok', 'warning', 49.99] as const),
    'is at 99 % of its quota: 53676353782 of 53687091200 bytes (warning from 80 %).',
  ],
  ['over', 'warning', 46, 'is no longer over its quota: 46.0 GiB of 50.0 GiB, which is 92 %.'],
  [
    ...(['ok', 'warning', 51.2] as const),
    'is past its quota: 51.2 GiB of 50.0 GiB. It is over if that lasts for 10m.',
  ],
  ['warning', 'over', 51.2, 'is OVER its quota: 51.2 GiB of 50.0 GiB.'],
  ['over', 'ok', 12, 'is back under its quota: 12.0 GiB of 50.0 GiB.'],
  ['warning', 'ok', 12, 'is back under its warning mark: 12.0 GiB of 50.0 GiB.'],
] as const)('says %s → %s at %d GiB', (from, to, size, says) => {
  expect(told({ from, to, used: Math.round(size * GiB) })).toBe(`ci/team-a/app ${says}`)
})

test('the name, the measure, the time that it is over and an override are told', () => {
  expect(told({ name: 'group platform', measure: 'exclusive' })).toBe(
    'group platform is at 82 % of its quota: 41.0 GiB of 50.0 GiB (exclusive) (warning from 80 %).',
  )
  expect(told({ to: 'over', measure: 'tags', used: 120, limit: 100, lastPushedBy: 'ann' })).toBe(
    'ci/team-a/app is OVER its quota: 120 of 100 tags. Last push by ann.',
  )
  expect(told({ from: 'over', to: 'over', used: 60 * GiB, overForMs: 7 * 86_400_000 })).toBe(
    'ci/team-a/app has been OVER its quota for 7d: 60.0 GiB of 50.0 GiB.',
  )
  const override = {
    limit: 50 * GiB,
    by: 'ann',
    why: 'the release',
    since: '',
    until: '2026-05-08T10:00:00.000Z',
  }
  expect(told({ override })).toMatch(
    /\. The limit was set by ann until 2026-05-08T10:00:00\.000Z: the release\.$/,
  )
  expect(told({ override: { ...override, by: null, why: null, until: null } })).toMatch(
    / The limit was set by hand\.$/,
  )
})
