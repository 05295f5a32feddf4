import type { RulePolicy } from '../src/expiry/plan.ts'

const DAY_MS = 86_400_000

/** The registry of the made-up site. */
export const REGISTRY = 'ci'

/** Ten rules, one for each kind of tag of the made-up site (expiry-site.ts). */
export const POLICY: RulePolicy = {
  name: 'bench',
  registry: REGISTRY,
  repository: '**',
  rules: [
    { tag: 'v*', keepNewest: 10 },
    { tag: 'release-*', olderThan: 365 * DAY_MS, keepNewest: 5 },
    { tag: 'pr-*', olderThan: 14 * DAY_MS },
    { tag: 'main-*', olderThan: 30 * DAY_MS, keepNewest: 20 },
    { tag: 'nightly-*', olderThan: 7 * DAY_MS },
    { tag: 'sha-*', notPulledFor: 30 * DAY_MS },
    { tag: 'feature-*', olderThan: 30 * DAY_MS, notPulledFor: 14 * DAY_MS },
    { tag: 'renovate-*', olderThan: 3 * DAY_MS },
    { tag: 'cache-*', notPulledFor: 14 * DAY_MS },
    { tag: '*', olderThan: 180 * DAY_MS },
  ],
}
