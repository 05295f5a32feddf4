import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { TaggedImage } from './match.ts'
import type { Attempt } from './outcome.ts'
import { whyNotOverwrite } from './overwrite.ts'
import type { Overwrite } from './rule.ts'
import type { Targets } from './targets.ts'

/** Makes what asks the target what its tag names, and whether it may be written. */
export function makeLookAtTarget(deps: {
  clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
  targets: Pick<Targets, 'read' | 'last'>
}) {
  const { clientOf, targets } = deps

  /** The digest that a tag names now; `undefined` if there is no such tag. */
  const digestAt = async ({ registry, repository, tag }: TaggedImage): Promise<string | undefined> =>
    (await clientOf(registry).headManifest(repository, tag))?.digest

  return {
    digestAt,

    /**
     * Whether an earlier attempt of the promotion `id` wrote the tag and was killed: what is at the target needs a receipt,
     * whatever the source says now.
     */
    async hasWritten({ to, digest }: PromotionJob, id: string): Promise<boolean> {
      const { writing, last } = await targets.read(to)
      const isOurs = writing?.promotion === id || last?.promotion === id
      return isOurs && (await digestAt(to)) === digest
    },

    /** What the tag names now, and why it may not be written; `refusal` is `undefined` if it may. */
    async mayWrite(
      { registry, repository, digest, pushedAt, to }: PromotionJob,
      { askedAt }: Pick<Attempt, 'askedAt'>,
      overwrite: Overwrite,
    ): Promise<{ current: string | undefined; refusal: string | undefined }> {
      const current = await digestAt(to)
      const write = { from: { registry, repository }, digest, pushedAt, heardAt: askedAt * 1_000 }
      return { current, refusal: whyNotOverwrite(write, overwrite, current, await targets.last(to, current)) }
    },
  }
}
export type LookAtTarget = ReturnType<typeof makeLookAtTarget>
