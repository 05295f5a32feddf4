import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** What takes longest: faults under load, a registry with 500 images, a real S3 and Swift, expiry and promotion with waits and kills, processes that start and die, the demo, and the package that is installed. `npm run test:heavy` runs it. */
const HEAVY = [
  ...['test/faults/**/*.test.ts', 'test/demo/**/*.test.ts', 'test/package.test.ts'],
  ...['test/expiry/heavy/**/*.test.ts', 'test/promotion/heavy/**/*.test.ts'],
  ...[
    'test/promotion/trials*.test.ts',
    'test/promotion/copy-faults.test.ts',
    'test/registry/contract.test.ts',
  ],
  ...['test/reconcile/adoption.test.ts', 'test/reconcile/workload.test.ts', 'test/reconcile/turn.test.ts'],
  ...['test/start.test.ts', 'test/compose/lost-data.test.ts', 'test/processes.test.ts'],
  ...[
    'test/reconcile/hold-service.test.ts',
    'test/reconcile/gitlab-size.test.ts',
    'test/reconcile/compare.test.ts',
  ],
  ...[
    'test/lab/orphans.test.ts',
    'test/expiry/{not-understood-beside,kept-by-the-registry,expire-faults,restore,while-waiting,build-caches,remove-tag}.test.ts',
    'test/expiry/{never-deleted,expire-evict,expire-notice,expire-tags}.test.ts',
    'test/promotion/{follow,copy-referrers}.test.ts',
  ],
  ...[
    'test/alerts/first-reconcile.test.ts',
    'test/outgoing/{every-change,webhooks}.test.ts',
    'test/quota/removed-quota.test.ts',
  ],
  ...[
    'test/usage/{convergence,export,retell}.test.ts',
    'test/snapshot/killed.test.ts',
    'test/reconcile/hold.test.ts',
  ],
  ...['test/reconcile/{first-start,killed,restart}.test.ts', 'test/usage/small-calls.test.ts'],
  ...[
    'test/platform/{redis,own-redis,await-redis}.test.ts',
    'test/queue/{close-on-cluster,hung-master}.test.ts',
  ],
  ...['test/store/s3-store.test.ts', 'test/snapshot/s3.test.ts', 'test/reconcile/s3-reader.test.ts'],
]

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        // Files that follow each other in a process share what they imported: it takes 2.5 times less CPU.
        test: { name: 'main', include: ['test/**/*.test.ts'], exclude: HEAVY, isolate: false },
      },
      { extends: true, test: { name: 'heavy', include: HEAVY } },
    ],
    // Child processes die with the thread that started them, so tests run in the main thread of a process.
    pool: 'forks',
    // A file that starts a registry and a Redis keeps one of two cores busy by itself.
    maxWorkers: 2,
    // With this cache a service that a test starts needs 1.0 s of CPU instead of 1.7 s.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile') },
    // These limits only end a test that would never end.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000, interval: 20 } },
  },
})
