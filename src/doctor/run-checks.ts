import type { Check, Finding } from './finding.ts'

/** How long a check may take, in ms. */
const CHECK_MS = 30_000

/** Runs checks, all at once. Gives their findings in the order of the checks. A check that fails or hangs is an error. */
export async function runChecks(checks: readonly Check[], limitMs = CHECK_MS): Promise<Finding[]> {
  const found = checks.map(async ({ name, run }): Promise<Finding[]> => {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error(`no answer in ${limitMs / 1000} s`)), limitMs)
    try {
      return (await Promise.race([run(), late])).map((finding) => ({ check: name, ...finding }))
    } catch (error) {
      return [{ check: name, level: 'error', what: error instanceof Error ? error.message : String(error) }]
    } finally {
      clearTimeout(timer)
    }
  })
  return (await Promise.all(found)).flat()
}
