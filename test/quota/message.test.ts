import { expect, it } from 'vitest'
import { message } from '../../src/quota/message.ts'

const GiB = 1024 ** 3

it.each([
  ['ok', 'warning', 41, 'is at 82 % of its quota: 41.0 GiB of 50.0 GiB (warning from 80 %).'],
  [
    ...(['over', 'warning', 49.99] as const),
    'is at 99 % of its quota: 53676353782 of 53687091200 bytes (warning from 80 %).',
  ],
  ['warning', 'over', 51.2, 'is OVER its quota: 51.2 GiB of 50.0 GiB.'],
  ['over', 'ok', 12, 'is back under its quota: 12.0 GiB of 50.0 GiB.'],
  ['warning', 'ok', 12, 'is back under its warning mark: 12.0 GiB of 50.0 GiB.'],
] as const)('says %s → %s', (from, to, size, says) => {
  const project = { registry: 'ci', project: 'team-a/app', limitBytes: 50 * GiB, warningPercent: 80 }
  const uniqueBytes = Math.round(size * GiB)
  expect(message({ ...project, from, to, uniqueBytes })).toBe(`ci/team-a/app ${says}`)
})
