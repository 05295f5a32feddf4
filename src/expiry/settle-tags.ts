import type { Logger } from '../platform/log.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Audit } from './audit.ts'
import type { Held } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import type { Placeholders } from './remove-tag-placeholder.ts'
import { makeStillUntags } from './still-untags.ts'

interface Settling {
  audit: Audit
  log: Logger
  placeholders: Placeholders
  policy: ExpiryPolicy
  /** What the audit says of the run. */
  note: Omit<Parameters<Audit>[0], 'action'>
}

/** Makes a function that logs and audits what became of what a run had begun with single tags and did not end. */
const makeTell =
  ({ log, audit, note }: Settling) =>
  async (image: string, outcome: string, why?: string): Promise<void> => {
    log.warn({ image, outcome, why }, `a run did not come to its end with ${image}: ${outcome}`)
    await audit({ ...note, action: 'tag.settled', image, outcome, ...(why !== undefined && { why }) })
  }

/** Puts back the images that the registry deleted with a tag. */
export async function putImagesBack(deps: Settling): Promise<void> {
  const tell = makeTell(deps)
  for await (const { repository, digest, outcome, why } of deps.placeholders.putBacks.settle())
    await tell(`${deps.policy.registry}/${repository}@${digest}`, outcome, why)
}

/** Ends what earlier runs have begun with single tags, in the projects in which this run may delete. */
export async function settleTags(
  deps: Settling & {
    index: Pick<UsageIndex, 'images'>
    planner: Pick<Planner, 'repositoriesIn' | 'decide'>
  },
  accepted: readonly Held[],
  mayDelete: () => Promise<boolean>,
): Promise<void> {
  const { placeholders, policy } = deps
  await putImagesBack(deps)
  const tell = makeTell(deps)
  const stillUntags = makeStillUntags({ ...deps, isPlaceholder: placeholders.isOurs })
  const settled = placeholders.settle(
    mayDelete,
    async (replaced) =>
      accepted.some(({ project }) => project === replaced.project) && (await stillUntags(replaced)),
  )
  for await (const { repository, tag, outcome, ...one } of settled)
    await tell(`${policy.registry}/${repository}:${tag}`, outcome, 'why' in one ? one.why : undefined)
}
