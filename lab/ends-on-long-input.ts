import { runInNewContext } from 'node:vm'

/**
 * Runs code that a test's time-out cannot end, because it does not yield: throws if it runs for more than a minute. Give it
 * input so long that only linear time ends in a second, and anything else takes hours.
 */
export const endsOnLongInput = <T>(run: () => T): T =>
  runInNewContext('run()', { run }, { timeout: 60_000 }) as T
