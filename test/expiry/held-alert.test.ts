import { expect, test } from 'vitest'
import { heldAlert } from '../../src/expiry/share.ts'

const counts = { deletes: 12, images: 16, untags: 0, tags: 16, bytes: 1 }
const alertOf = (at: string, ...projects: string[]) =>
  heldAlert(
    { policy: 'old', registry: 'ci', at },
    projects.map((project) => ({ project, ...counts })),
    0.5,
  ).id

test('runs of a day that hold the same projects give one alert, and what a run holds elsewhere another', () => {
  const morning = '2026-11-20T03:00:00.000Z'
  const evening = '2026-11-20T22:00:00.000Z'
  const id = alertOf(morning, 'ci/a', 'ci/b')
  expect(alertOf(evening, 'ci/b', 'ci/a')).toBe(id)
  // A token of team a has run the policy in its project before the run of the schedule.
  expect(alertOf(morning, 'ci/a')).not.toBe(id)
  expect(alertOf('2026-11-21T03:00:00.000Z', 'ci/a', 'ci/b')).not.toBe(id)
})
