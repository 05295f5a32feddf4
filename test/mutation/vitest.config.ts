import { defineConfig } from 'vitest/config'

/**
 * For `npm run mutation`: Stryker changes the source of expiry, promotion, quota, alerts and the usage model, one
 * change at a time, and reports each change that no test notices. One folder alone:
 * `npm run mutation -- --mutate 'src/quota/*.ts'`.
 */
export default defineConfig({
  test: {
    include: ['test/{expiry,promotion,quota,alerts}/*.test.ts', 'test/usage/{convergence.heavy,model}.test.ts'],
    setupFiles: ['test/mutation/short-properties.ts'],
    // A worker a file would take longer to start than most tests take.
    isolate: false,
    maxWorkers: 1,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
