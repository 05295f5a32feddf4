import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type Attempt, dropped, type Outcome, waiting } from './outcome.ts'

/** A registry announces a push before it writes the tag. For so long it may take, in ms. */
const WRITTEN_WITHIN_MS = 60_000

/** After so long, in ms, the index and the source need not be waited for if they agree that a younger push has the tag. */
const SURE_AFTER_MS = 5_000

/**
 * Makes what tells why an image cannot be copied now, by what the source says of its tag; `undefined` if it can. The tag must have
 * named the image for `settle` ms. `now` is epoch ms.
 */
export const makeLookAtSource =
  (deps: {
    clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
    /** Whether by the index a push that is younger than the job's gave the tag this digest, and none in the future did. */
    isYounger: (job: PromotionJob, digest: string) => Promise<boolean>
    now: () => number
  }) =>
  async (
    job: PromotionJob,
    { askedAt, seenAt = deps.now() }: Attempt,
    settle: number,
  ): Promise<Outcome | undefined> => {
    const { registry, repository, tag, digest } = job
    if (tag === undefined) return undefined
    const found = await deps.clientOf(registry).headManifest(repository, tag)
    const now = deps.now()
    if (found?.digest === digest)
      return now < seenAt + settle
        ? waiting('its tag must have named it for a while', seenAt + settle, seenAt)
        : undefined
    const age = now - askedAt
    const isOver = age >= SURE_AFTER_MS && found !== undefined && (await deps.isYounger(job, found.digest))
    if (age < WRITTEN_WITHIN_MS && !isOver)
      return waiting('its tag does not name it yet', now + Math.max(500, age))
    return dropped(found === undefined ? 'its tag is gone' : `its tag names ${found.digest} by now`)
  }
export type LookAtSource = ReturnType<typeof makeLookAtSource>
