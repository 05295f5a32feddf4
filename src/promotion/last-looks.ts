import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { GatesResult } from './gates/check-gates.ts'
import type { LookAtSource } from './look-at-source.ts'
import type { LookAtTarget } from './look-at-target.ts'
import { lostPlatforms } from './lost-platforms.ts'
import { type Attempt, dropped, type Outcome, refused, TURN_MS, waiting } from './outcome.ts'
import type { PassGates } from './pass-gates.ts'
import type { CopyOptions } from './rule.ts'
import type { TargetRecord, Targets } from './targets.ts'

/** A promotion whose image is copied, and whose tag may be written now. */
export interface Ready {
  /** As configured now. */
  options: CopyOptions
  gates: GatesResult
  /** What is to be remembered of the tag. */
  record: Omit<TargetRecord, 'replaced'>
  /** What the tag named before this promotion; `undefined`: there was no tag. */
  replaced: string | undefined
  /** The platforms that only what the tag named before is for. */
  lost: string[]
  /** Whether the target says that the tag names the image already. */
  isThere: boolean
}

/**
 * Makes what looks at everything again once the image is copied: that takes time, and rule, gates and tags may have changed. It
 * tells the targets that the tag is about to be written. `now` is epoch ms.
 */
export const makeLastLooks =
  (deps: {
    clientOf: (registry: string) => RegistryClient
    optionsOf: (job: PromotionJob) => CopyOptions | undefined
    targets: Pick<Targets, 'begin'>
    passGates: PassGates
    lookAtSource: LookAtSource
    lookAtTarget: LookAtTarget
    now: () => number
  }) =>
  async (
    job: PromotionJob,
    attempt: Attempt & { isWritten: boolean },
  ): Promise<Ready | { outcome: Outcome }> => {
    const { registry, repository, digest, pushedAt, to } = job
    const options = deps.optionsOf(job)
    if (options === undefined) return { outcome: dropped('its rule was changed meanwhile') }
    const gates = await deps.passGates(job, attempt, options.waitFor)
    if ('outcome' in gates) return gates
    const { current, refusal } = await deps.lookAtTarget.mayWrite(job, attempt, options.overwrite)
    const moved = () => waiting('its tag was moved at the target', deps.now() + TURN_MS, attempt.seenAt)
    // What an earlier attempt wrote is not there any more. The next attempt looks at the source again.
    if (attempt.isWritten && current !== digest) return { outcome: moved() }
    if (refusal !== undefined) return { outcome: refused(refusal) }

    const heardAt = attempt.askedAt * 1_000
    const record = { from: { registry, repository }, digest, pushedAt, heardAt, promotion: attempt.id }
    const replaced = await deps.targets.begin(to, record, current)
    const target = { client: deps.clientOf(to.registry), repository: to.repository }
    const lost = replaced === undefined ? [] : await lostPlatforms(target, replaced, digest)
    const [late, still] = await Promise.all([
      attempt.isWritten ? undefined : deps.lookAtSource(job, attempt, 0),
      deps.lookAtTarget.digestAt(to),
    ])
    if (late !== undefined) return { outcome: late }
    if (still !== current) return { outcome: moved() }
    return { options, gates, record, replaced, lost, isThere: current === digest }
  }
