import { makeGlob } from '../platform/glob.ts'
import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import { splitProjectId } from '../usage/project.ts'
import type { RunnablePolicy } from './expiry-settings.ts'

/** How long after a project came over its quota a run begins, in ms: ten minutes. One run is for all that come over it meanwhile. */
const DELAY_MS = 600_000

/** Makes a function that asks for a run of each policy that evicts in a project. To be called when it comes over its quota. */
export const makeAskToEvict =
  (deps: { queues: Pick<Queues, 'expiry'>; policies: () => readonly RunnablePolicy[] }) =>
  async (project: string): Promise<void> => {
    const { registry } = splitProjectId(project)
    for (const policy of deps.policies()) {
      if (!('rules' in policy) || policy.evict === undefined || policy.mode !== 'apply') continue
      if (policy.registry !== registry || !makeGlob(policy.project ?? '**')(project)) continue
      const { name } = policy
      await deps.queues.expiry.add(
        'expiry',
        {
          ...{ policy: name, registry, dryRun: false, acceptShare: false },
          by: `the quota of ${project}`,
        },
        // While it waits, no second one is added. One that comes during the run is added after it.
        { deduplication: { id: jobId('evict', registry, name), keepLastIfActive: true }, delay: DELAY_MS },
      )
    }
  }
