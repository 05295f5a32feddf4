import type { Logger } from '../platform/log.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Audit } from './audit.ts'
import type { Held } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import type { Placeholders } from './remove-tag-placeholder.ts'
import { makeStillUntags } from './still-untags.ts'

/** Ends what earlier runs have begun with single tags, in the projects in which this run may delete. Each is logged and audited. */
export async function settleTags(
  deps: {
    index: Pick<UsageIndex, 'images'>
    planner: Pick<Planner, 'repositoriesIn' | 'decide'>
    audit: Audit
    log: Logger
    placeholders: Placeholders
    policy: ExpiryPolicy
    /** What the audit says of the run. */
    note: Omit<Parameters<Audit>[0], 'action'>
  },
  accepted: readonly Held[],
  mayDelete: () => Promise<boolean>,
): Promise<void> {
  const { placeholders, policy, note } = deps
  const tell = async (image: string, outcome: string, why?: string) => {
    deps.log.warn({ image, outcome, why }, `an earlier run did not come to its end with ${image}: ${outcome}`)
    await deps.audit({ ...note, action: 'tag.settled', image, outcome, ...(why !== undefined && { why }) })
  }
  for await (const { repository, digest, outcome, why } of placeholders.putBacks.settle())
    await tell(`${policy.registry}/${repository}@${digest}`, outcome, why)
  const stillUntags = makeStillUntags({ ...deps, isPlaceholder: placeholders.isOurs })
  const settled = placeholders.settle(
    mayDelete,
    async (replaced) =>
      accepted.some(({ project }) => project === replaced.project) && (await stillUntags(replaced)),
  )
  for await (const { repository, tag, outcome, ...one } of settled)
    await tell(`${policy.registry}/${repository}:${tag}`, outcome, 'why' in one ? one.why : undefined)
}
