import type { Metrics } from '../platform/metrics.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import type { Copied } from './copy/copied.ts'
import { CopyError } from './copy/copy-error.ts'
import type { Copier } from './copy/copy-image.ts'
import { writeTag } from './copy/write-tag.ts'
import { EVENT_MS } from './gates/ask-again.ts'
import type { GatesResult } from './gates/check-gates.ts'
import { lostPlatforms } from './lost-platforms.ts'
import type { TaggedImage } from './match.ts'
import { whyNotOverwrite } from './overwrite.ts'
import type { PromotionReceipt } from './receipt.ts'
import { type Attempted, receiptOf } from './receipt-of.ts'
import type { Receipts } from './receipts.ts'
import type { CopyOptions } from './rule.ts'
import type { Targets } from './targets.ts'

/**
 * How an attempt ended. `waiting`: nothing is wrong, ask again at `again`, epoch ms. `dropped`: the image is not wanted any more.
 * `refused`: it will not be promoted, and somebody must be told.
 */
export type Outcome =
  | { state: 'promoted'; receipt: PromotionReceipt }
  | {
      state: 'waiting'
      why: string
      again: number
      seenAt?: number
      bytes?: number
      gates?: GatesResult['results']
    }
  | { state: 'dropped' | 'refused'; why: string; gates?: GatesResult['results'] }

/** One attempt of a job. */
export interface Attempt extends Attempted {
  /** Since when each look has found the tag on the image, epoch ms; `undefined` if the last one did not. */
  seenAt?: number | undefined
  /** Whether no other promotion to the same tag is in hand. */
  isMyTurn: () => Promise<boolean>
  /** The most bytes that an earlier attempt had at the target when it ended. */
  bytes?: number | undefined
  onProgress: (progress: { bytes: number; totalBytes: number }) => void
}

/** A registry announces a push before it writes the tag. For so long it may take, in ms. */
const WRITTEN_WITHIN_MS = 60_000

/** After so long, in ms, the index and the source need not be waited for if they agree that a younger push has the tag. */
const SURE_AFTER_MS = 5_000

/** How soon a promotion asks whether it is its turn, in ms. */
const TURN_MS = 1_000

/** How long a promotion that made progress waits before it goes on, in ms. */
const PROGRESS_MS = 5_000

/** How soon a receipt is attached again at the earliest, in ms. */
const ATTACH_MS = 15_000

/** For so long a promotion may wait for registries that ask it to, in ms. Then it counts as an attempt that failed. */
const PATIENCE_MS = 86_400_000

/**
 * Carries out promotions: by digest, after asking the source whether the tag has that digest, and once more before the tag is
 * written at the target, exactly once and last. What happened is in the receipt.
 */
export function makePromote(deps: {
  clientOf: (registry: string) => RegistryClient
  /** How a job is carried out as configured now; `undefined` if its rule is gone or leads elsewhere. */
  optionsOf: (job: PromotionJob) => CopyOptions | undefined
  /** Whether by the index a push that is younger than the job's gave the tag this digest, and none in the future did. */
  isYounger: (job: PromotionJob, digest: string) => Promise<boolean>
  isPlaceholder: (registry: string, repository: string, digest: string) => Promise<boolean>
  checkGates: (job: PromotionJob, attempt: Attempted) => Promise<GatesResult>
  copier: Pick<Copier, 'copyImage'>
  /** Gives what finds repositories of a registry that have a blob. */
  mountFrom: (registry: string) => (digest: string) => Promise<readonly string[]>
  metrics: Pick<Metrics, 'promotedBytes'>
  targets: Targets
  receipts: Receipts
  /** Pushes the signed receipt to the target, where it may be already. */
  attachReceipt: (receipt: PromotionReceipt) => Promise<void>
  /** Told what is no failure of a promotion, for the log. */
  warn: (message: string) => void
  /** Called once the tag is written, before the receipt: referrers that are pushed later find their way. */
  follow: (job: PromotionJob, copied: Copied, forMs: number) => Promise<void>
  /** epoch ms */
  now: () => number
}) {
  const { now, targets } = deps

  return async function promote(job: PromotionJob, attempt: Attempt): Promise<Outcome> {
    let bytes = 0
    const onProgress: Attempt['onProgress'] = (progress) => {
      bytes = progress.bytes
      attempt.onProgress(progress)
    }
    try {
      return await proceed(job, { ...attempt, onProgress })
    } catch (error) {
      return afterFailure(error, attempt, bytes)
    }
  }

  async function proceed(job: PromotionJob, attempt: Attempt): Promise<Outcome> {
    const done = await deps.receipts.find(attempt.id)
    const options = deps.optionsOf(job)
    if (done !== undefined) return attach(done, attempt, options)
    if (options === undefined) return dropped('its rule is gone, or leads elsewhere by now')
    if (await deps.isPlaceholder(job.registry, job.repository, job.digest))
      return dropped('it is a placeholder with which expiry deletes the tag')

    const early = await lookAtSource(job, attempt, options)
    if (early !== undefined) return early
    const refusal = await whyNotWrite(job, options)
    if (refusal !== undefined) return refused(refusal)
    const gates = await deps.checkGates(job, attempt)
    if (gates.state !== 'open') return atGates(gates, attempt, options)
    if (!(await attempt.isMyTurn()))
      return waiting('another promotion to its tag is in hand', now() + TURN_MS, attempt.seenAt)
    return copyAndWrite(job, attempt, options, gates)
  }

  /** Why the image cannot be copied now, by what the source says of its tag; `undefined` if it can. */
  async function lookAtSource(
    job: PromotionJob,
    { askedAt, seenAt = now() }: Attempt,
    { settle }: CopyOptions,
  ): Promise<Outcome | undefined> {
    const { registry, repository, tag, digest } = job
    if (tag === undefined) return undefined
    const found = await deps.clientOf(registry).headManifest(repository, tag)
    if (found?.digest === digest)
      return now() < seenAt + settle
        ? waiting('its tag must have named it for a while', seenAt + settle, seenAt)
        : undefined
    const age = now() - askedAt
    const isOver = age >= SURE_AFTER_MS && found !== undefined && (await deps.isYounger(job, found.digest))
    if (age < WRITTEN_WITHIN_MS && !isOver)
      return waiting('its tag does not name it yet', now() + Math.max(500, age))
    return dropped(found === undefined ? 'its tag is gone' : `its tag names ${found.digest} by now`)
  }

  async function whyNotWrite(job: PromotionJob, options: CopyOptions): Promise<string | undefined> {
    const { to, digest, pushedAt } = job
    const current = await currentAt(to)
    const write = { from: { registry: job.registry, repository: job.repository }, digest, pushedAt }
    return whyNotOverwrite(write, options.overwrite, current, await targets.last(to))
  }

  async function currentAt({ registry, repository, tag }: TaggedImage): Promise<string | undefined> {
    return (await deps.clientOf(registry).headManifest(repository, tag))?.digest
  }

  function atGates(
    { state, results, again = now() + EVENT_MS }: GatesResult,
    { askedAt, seenAt }: Attempt,
    { waitFor }: CopyOptions,
  ): Outcome {
    // Where one is closed, those that wait do not matter.
    const shut = results.filter((one) => one.state === state)
    const why = shut.map((one) => `${one.gate}: ${one.why}`).join('; ')
    if (state === 'closed') return { ...refused(`a gate is closed: ${why}`), gates: results }
    if (now() >= askedAt + waitFor)
      return { ...refused(`it has waited long enough at ${why}`), gates: results }
    const next = Math.max(Math.min(again, askedAt + waitFor), now() + TURN_MS)
    return { ...waiting(`at a gate: ${why}`, next, seenAt), gates: results }
  }

  async function copyAndWrite(
    job: PromotionJob,
    attempt: Attempt,
    options: CopyOptions,
    gates: GatesResult,
  ): Promise<Outcome> {
    const { to } = job
    const target = { client: deps.clientOf(to.registry), repository: to.repository }
    try {
      const copied = await deps.copier.copyImage({
        source: { client: deps.clientOf(job.registry), repository: job.repository },
        target,
        sameRegistry: to.registry === job.registry,
        digest: job.digest,
        ...{ sparse: options.sparse, verify: options.verify, referrers: true },
        ...(options.platforms && { platforms: options.platforms }),
        mountFrom: deps.mountFrom(to.registry),
        onProgress: attempt.onProgress,
      })
      // To copy takes time.
      if (deps.optionsOf(job) === undefined) return dropped('its rule was changed meanwhile')
      const late = await lookAtSource(job, attempt, { ...options, settle: 0 })
      if (late !== undefined) return late
      const refusal = await whyNotWrite(job, options)
      if (refusal !== undefined) return refused(refusal)

      const current = await currentAt(to)
      const replaced = await targets.begin(to, attempt.id, current)
      const lost = replaced === undefined ? [] : await lostPlatforms(target, replaced, job.digest)
      if (current !== job.digest) await writeTag(target, to.tag, copied.root)
      const { digest, pushedAt, registry, repository } = job
      await targets.end(to, {
        ...{ from: { registry, repository }, digest, pushedAt, promotion: attempt.id },
        ...(replaced !== undefined && { replaced }),
      })
      if (options.follow !== 'never') await deps.follow(job, copied, options.follow)
      const receipt = receiptOf({ job, attempt, copied, gates, replaced, lost, at: new Date(now()) })
      await deps.receipts.append(receipt)
      deps.metrics.promotedBytes.inc({ rule: job.rule ?? 'request' }, copied.blobs.sent.bytes)
      return await attach(receipt, attempt, options)
    } catch (error) {
      // The image may have been deleted meanwhile.
      const late = isAbsent(error) ? await lookAtSource(job, attempt, options) : undefined
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
        return waiting(why, now() + Math.max(error.retryAfter ?? 0, ATTACH_MS), attempt.seenAt)
      deps.warn(`${receipt.id}: ${why}`)
    }
    return { state: 'promoted', receipt }
  }

  /** `bytes` are at the target now. An attempt that brought more than the ones before is no failure: the next goes on from there. */
  function afterFailure(error: unknown, attempt: Attempt, bytes: number): Outcome {
    if (isFinal(error)) return refused(error.message)
    if (!(error instanceof RegistryError || error instanceof CopyError)) throw error
    const asked = error instanceof RegistryError ? error.retryAfter : undefined
    const { bytes: before = 0 } = attempt
    if ((asked === undefined && bytes <= before) || now() > attempt.askedAt + PATIENCE_MS) throw error
    return {
      ...waiting(error.message, now() + Math.max(asked ?? 0, PROGRESS_MS), attempt.seenAt),
      bytes: Math.max(bytes, before),
    }
  }
}

const waiting = (why: string, again: number, seenAt?: number) => ({
  ...{ state: 'waiting' as const, why, again },
  ...(seenAt !== undefined && { seenAt }),
})
const dropped = (why: string) => ({ state: 'dropped' as const, why })
const refused = (why: string) => ({ state: 'refused' as const, why })

/** Whether trying again cannot help. */
function isFinal(error: unknown): error is Error {
  if (error instanceof RegistryError || error instanceof CopyError) return !error.retry
  return error instanceof InvalidManifest
}

const isAbsent = (error: unknown): boolean => error instanceof CopyError && error.code === 'absent'
