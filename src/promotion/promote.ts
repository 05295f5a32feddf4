import type { PromotionJob } from '../queue/jobs.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { afterFailure } from './after-failure.ts'
import { CopyError } from './copy/copy-error.ts'
import { makeCopyJob } from './copy-job.ts'
import { waitAsAsked } from './gates/ask-again.ts'
import { makeLastLooks } from './last-looks.ts'
import { makeLookAtSource } from './look-at-source.ts'
import { makeLookAtTarget } from './look-at-target.ts'
import { type Attempt, dropped, type Outcome, PATIENCE_MS, refused, waiting } from './outcome.ts'
import { makePassGates } from './pass-gates.ts'
import type { PromotionReceipt } from './receipt.ts'
import type { Receipts } from './receipts.ts'
import type { CopyOptions } from './rule.ts'
import type { Targets } from './targets.ts'
import { makeWriteAndRecord } from './write-and-record.ts'

/** How soon a receipt is attached again at the earliest, in ms. */
const ATTACH_MS = 15_000

/**
 * Carries out promotions: by digest, after asking the source whether the tag has that digest, and once more before the tag is
 * written at the target, exactly once and last. What happened is in the receipt.
 */
export function makePromote(
  deps: Parameters<typeof makeCopyJob>[0] &
    Parameters<typeof makeLookAtSource>[0] &
    Parameters<typeof makePassGates>[0] &
    Parameters<typeof makeWriteAndRecord>[0] & {
      /** How a job is carried out as configured now; `undefined` if its rule is gone or leads elsewhere. */
      optionsOf: (job: PromotionJob) => CopyOptions | undefined
      /** What is wrong with an image of the source that is known to be broken and still is; `undefined` if nothing is. */
      whyBroken: (
        image: Pick<PromotionJob, 'registry' | 'repository' | 'digest'>,
      ) => Promise<string | undefined>
      isPlaceholder: (registry: string, repository: string, digest: string) => Promise<boolean>
      targets: Targets
      receipts: Pick<Receipts, 'find'>
      /** Pushes the signed receipt to the target, where it may be already. */
      attachReceipt: (receipt: PromotionReceipt) => Promise<void>
      /** Told what is no failure of a promotion, for the log. */
      warn: (message: string) => void
    },
) {
  const { now } = deps
  const lookAtSource = makeLookAtSource(deps)
  const lookAtTarget = makeLookAtTarget(deps)
  const passGates = makePassGates(deps)
  const copyJob = makeCopyJob(deps)
  const lastLooks = makeLastLooks({ ...deps, passGates, lookAtSource, lookAtTarget })
  const writeAndRecord = makeWriteAndRecord(deps)

  return async function promote(job: PromotionJob, attempt: Attempt): Promise<Outcome> {
    let bytes = 0
    const onProgress: Attempt['onProgress'] = (progress) => {
      bytes = progress.bytes
      attempt.onProgress(progress)
    }
    try {
      return await proceed(job, { ...attempt, onProgress })
    } catch (error) {
      return afterFailure(error, attempt, bytes, now())
    }
  }

  async function proceed(job: PromotionJob, attempt: Attempt): Promise<Outcome> {
    const done = await deps.receipts.find(attempt.id)
    const options = deps.optionsOf(job)
    if (done !== undefined) return attach(done, attempt, options)
    if (options === undefined) return dropped('its rule is gone, or leads elsewhere by now')
    if (await deps.isPlaceholder(job.registry, job.repository, job.digest))
      return dropped('it is a placeholder with which expiry deletes the tag')

    const isWritten = await lookAtTarget.hasWritten(job, attempt.id)
    const early = isWritten ? undefined : await lookAtSource(job, attempt, options.settle)
    if (early !== undefined) return early
    const { refusal } = await lookAtTarget.mayWrite(job, attempt, options.overwrite)
    if (refusal !== undefined) return refused(refusal)
    const gates = await passGates(job, { ...attempt, isWritten }, options.waitFor)
    if ('outcome' in gates) return gates.outcome

    const broken = isWritten ? undefined : await deps.whyBroken(job)
    if (broken !== undefined) return refused(broken)
    try {
      const copied = await copyJob(job, options, attempt.onProgress)
      const ready = await lastLooks(job, { ...attempt, isWritten })
      if ('outcome' in ready) return ready.outcome
      const receipt = await writeAndRecord(job, attempt, copied, ready)
      return await attach(receipt, attempt, ready.options)
    } catch (error) {
      // The image may have been deleted meanwhile.
      const late = isAbsent(error) ? await lookAtSource(job, attempt, options.settle) : undefined
      if (late !== undefined) return late
      throw error
    }
  }

  /** The image is promoted. That its receipt cannot be attached is no failure; it is tried again for a day. */
  async function attach(
    receipt: PromotionReceipt,
    attempt: Attempt,
    options: CopyOptions | undefined,
  ): Promise<Outcome> {
    try {
      if (options?.attachReceipt === true) await deps.attachReceipt(receipt)
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      const why = `it is promoted, and its receipt is not attached: ${error.message}`
      if (error.retry && now() < Date.parse(receipt.at) + PATIENCE_MS)
        return waiting(why, now() + waitAsAsked(error.retryAfter, ATTACH_MS), attempt.seenAt)
      deps.warn(`${receipt.id}: ${why}`)
    }
    return { state: 'promoted', receipt }
  }
}

const isAbsent = (error: unknown): boolean => error instanceof CopyError && error.code === 'absent'
