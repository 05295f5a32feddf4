import { jobId } from '../queue/job-id.ts'
import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'
import type { ScrubState } from './scrub-state.ts'

/** How often a scrub goes on, in ms. Each reads what is due of the day's budget. */
const EVERY_MS = 600_000

/** Schedules the scrubs of these registries, and removes the schedules of all others. */
export async function scheduleScrubs(
  { integrity }: Pick<Queues, 'integrity'>,
  registries: readonly string[],
): Promise<void> {
  const keys = new Set(registries.map(keyOf))
  for (const { key } of await integrity.getJobSchedulers())
    if (!keys.has(key)) await integrity.removeJobScheduler(key)
  for (const registry of registries) {
    const scheduler = await integrity.getJobScheduler(keyOf(registry))
    // An upsert would start the interval anew.
    if (Number(scheduler?.every) === EVERY_MS) continue
    await integrity.upsertJobScheduler(
      keyOf(registry),
      { every: EVERY_MS, startDate: Date.now() + EVERY_MS },
      { name: 'scrub', data: { kind: 'scrub', registry, share: 'so far' }, opts: OWN_TRACE },
    )
  }
}

const keyOf = (registry: string): string => `scrub-${registry}`

/**
 * Makes what a collection of garbage calls when it is done: these repositories are scrubbed before all others, also those of
 * their images that were read before. `now` is epoch ms.
 */
export const makeScrubFirst =
  (deps: {
    queues: Pick<Queues, 'integrity'>
    state: Pick<ScrubState, 'scrubFirst'>
    /** Whether the registry is scrubbed at all. */
    isScrubbed: (registry: string) => boolean
    now: () => number
  }) =>
  async (registry: string, repositories: readonly string[]): Promise<void> => {
    if (!deps.isScrubbed(registry) || repositories.length === 0) return
    await deps.state.scrubFirst(registry, repositories, deps.now())
    await deps.queues.integrity.add(
      'scrub',
      { kind: 'scrub', registry, share: 'so far' },
      { deduplication: { id: jobId('scrub', registry), keepLastIfActive: true } },
    )
  }
export type ScrubFirst = ReturnType<typeof makeScrubFirst>
