import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/**
 * What takes longest: faults under load, a real S3 and Swift, expiry and promotion with waits and kills, processes that start and
 * die, the demo, and the package that is installed. `npm run test:heavy` runs it.
 */
const HEAVY = [
  ...['test/**/*.heavy.test.ts', 'test/**/heavy/**/*.test.ts'],
  ...['test/faults/**/*.test.ts', 'test/demo/**/*.test.ts', 'test/package.test.ts'],
]

/** The dashboard in a browser. `npm run test:web` runs it. */
const BROWSER = 'test/web/**/*.browser.test.ts'

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        // Files that follow each other in a process share what they imported: it takes 2.5 times less CPU.
        test: { name: 'main', include: ['test/**/*.test.ts'], exclude: [...HEAVY, BROWSER], isolate: false },
      },
      { extends: true, test: { name: 'heavy', include: HEAVY } },
      {
        extends: true,
        // The dashboard in a real browser, on the demo's data, which is made once for all files.
        test: {
          ...{ name: 'web', include: [BROWSER], isolate: false },
          globalSetup: ['test/web/stage.ts'],
        },
      },
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
