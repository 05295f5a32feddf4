import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { LookAtTarget } from './look-at-target.ts'
import type { Attempt } from './outcome.ts'
import { PromotionRefusal } from './refusal.ts'
import type { CopyOptions } from './rule.ts'

/**
 * Makes what tells why a promotion that waits at a gate would not go on if the gate opened: its tag names another image by now, or
 * the target tag may not be moved. Gives `undefined` if it would. @throws PromotionRefusal (502) if a registry cannot be asked
 */
export const makeWhyHopeless =
  (deps: {
    clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
    /** As configured now. */
    optionsOf: (job: PromotionJob) => CopyOptions | undefined
    lookAtTarget: Pick<LookAtTarget, 'mayWrite'>
  }) =>
  async (job: PromotionJob, attempt: Pick<Attempt, 'askedAt'>): Promise<string | undefined> => {
    const { registry, repository, tag, digest } = job
    const options = deps.optionsOf(job)
    if (options === undefined) return 'its rule is gone, or leads elsewhere by now'
    try {
      const found =
        tag === undefined ? { digest } : await deps.clientOf(registry).headManifest(repository, tag)
      if (found === undefined) return 'its tag is gone'
      if (found.digest !== digest) return `its tag names ${found.digest} by now`
      return (await deps.lookAtTarget.mayWrite(job, attempt, options.overwrite)).refusal
    } catch (error) {
      throw error instanceof RegistryError ? new PromotionRefusal(502, error.message) : error
    }
  }
export type WhyHopeless = ReturnType<typeof makeWhyHopeless>
