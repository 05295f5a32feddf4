import type { ExpiryRun } from '../../src/expiry/decision.ts'

/** A run that is done, by default without deletes. */
export const sampleRun = (more: Partial<ExpiryRun> = {}): ExpiryRun => ({
  ...{
    id: 'r',
    at: '2026-11-23T10:00:00.000Z',
    policy: 'old',
    registry: 'ci',
    dryRun: false,
    by: 'schedule',
  },
  ...{ state: 'done', progress: { planned: 0, plannedBytes: 0, done: 0, freedBytes: 0 } },
  ...{ kept: 0, deletes: [] },
  ...more,
})
