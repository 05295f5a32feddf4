import type { RulePolicy } from '../src/expiry/plan.ts'

const DAY_MS = 86_400_000

/** The registry of the made-up site. */
export const REGISTRY = 'ci'

/** Ten rules: those that keep, and those that expire the tags of the made-up site (expiry-site.ts). */
export const POLICY: RulePolicy = {
  name: 'bench',
  registry: REGISTRY,
  repository: '**',
  rules: [
    { tag: { glob: 'v*' }, keep: { newest: 10, by: 'semver', per: 'repository' } },
    { tag: { glob: 'main-*' }, keep: { newest: 20, by: 'pushed', per: 'repository' } },
    { tag: { pattern: 'release-[0-9]*7' }, keep: true },
    { tag: { pattern: '(pr|feature)-[0-9]+' }, olderThan: 14 * DAY_MS, expire: true },
    { tag: { glob: 'main-*' }, olderThan: 30 * DAY_MS, expire: true },
    { tag: { glob: 'nightly-*' }, olderThan: 7 * DAY_MS, expire: true },
    { tag: { glob: 'sha-*' }, notUsedFor: 30 * DAY_MS, expire: true },
    { tag: { glob: 'cache-*' }, olderThan: 30 * DAY_MS, notUsedFor: 14 * DAY_MS, expire: true },
    { tagged: false, olderThan: 7 * DAY_MS, expire: true },
    { tag: { glob: '*' }, olderThan: 180 * DAY_MS, expire: true },
  ],
}
