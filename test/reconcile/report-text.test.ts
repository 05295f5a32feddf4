import { expect, test } from 'vitest'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { reportText } from '../../src/reconcile/report-text.ts'
import { REPORT } from './sample-report.ts'

test('the end of a reconcile tells how long it took, how much it read, and what differed', () => {
  expect(reportText(REPORT)).toBe('ci: reconciled over its API in 1m 12s: 120 repositories, nothing differs')
  const drift = { ...NO_DRIFT, manifestsMissed: 3, tagsGone: 2 }
  expect(reportText({ ...REPORT, method: 'storage', dryRun: true, drift })).toBe(
    'ci: compared only from its storage in 1m 12s: 120 repositories, 3 manifests missed, 2 tags gone',
  )
})

test('what could not be read and what is held back is told', () => {
  const hold = { what: 'manifests', missing: 90, manifests: 100 } as const
  expect(reportText({ ...REPORT, failed: 1, unreadable: 4, hold })).toMatch(
    /; repositories or lists that could not be read: 1; images that could not be read: 4; nothing is removed: 90 of the 100 /,
  )
})
