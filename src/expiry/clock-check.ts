import type { RegistryClient } from '../registry/client.ts'

/** By how much our clock and the registry's may differ in a run that deletes, in µs: five minutes. */
const CLOCK_BOUND_US = 300_000_000

/** Compares our clock with that of a registry: the ages of images come from both. `now` is a clock in epoch µs. */
export function makeClockCheck({ client, now }: { client: Pick<RegistryClient, 'ping'>; now: () => number }) {
  /** When this process started by our clock, epoch µs. It changes only if somebody sets the clock. */
  const startOfProcess = () => now() - performance.now() * 1_000
  let startedBy = Number.NaN

  return {
    /** @throws if the clocks differ too much to tell how old an image is. A registry that tells no time differs in nothing */
    async check(registry: string): Promise<void> {
      const theirs = await client.ping()
      const aheadUs = theirs === undefined ? 0 : now() - theirs.getTime() * 1000
      startedBy = startOfProcess()
      if (Math.abs(aheadUs) <= CLOCK_BOUND_US) return
      const minutes = Math.round(Math.abs(aheadUs) / 60_000_000)
      const difference = `${minutes} minutes ${aheadUs > 0 ? 'ahead of' : 'behind'} that of the registry "${registry}"`
      throw new Error(`nothing is deleted: our clock is ${difference}`)
    },

    /** Whether somebody has set our clock since the last check. */
    wasSet: (): boolean => Math.abs(startOfProcess() - startedBy) > CLOCK_BOUND_US,
  }
}
