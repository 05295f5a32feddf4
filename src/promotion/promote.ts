import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { type Copied, type CopyRequest, MissingContent } from './copy/copied.ts'
import type { TaggedImage } from './match.ts'
import { whyNotOverwrite } from './overwrite.ts'
import type { PromotionReceipt } from './receipt.ts'
import type { Receipts } from './receipts.ts'
import type { CopyOptions } from './rule.ts'
import type { Targets } from './targets.ts'

/** What gates say of an image, all together. */
export interface GatesVerdict {
  state: 'open' | 'waiting' | 'closed'
  results: readonly { gate: string; state: 'open' | 'waiting' | 'closed'; why: string; evidence?: unknown; again?: number }[]
}

/**
 * How an attempt ended. `waiting`: nothing is wrong, ask again at `again`, epoch ms. `dropped`: the image is not wanted any more.
 * `refused`: it will not be promoted, and somebody must be told.
 */
export type Outcome =
  | { state: 'promoted'; receipt: PromotionReceipt }
  | { state: 'waiting'; why: string; again: number; seenAt?: number; gates?: GatesVerdict['results'] }
  | { state: 'dropped' | 'refused'; why: string; gates?: GatesVerdict['results'] }

/** One attempt of a job. */
export interface Attempt {
  /** The job's id: that of the promotion. */
  id: string
  /** When the promotion was asked for, epoch ms. */
  askedAt: number
  /** Since when each look has found the tag on the image, epoch ms; `undefined` if the last one did not. */
  seenAt?: number | undefined
  /** Whether no other promotion to the same tag is in hand. */
  isMyTurn: () => Promise<boolean>
  onProgress: (progress: { bytes: number; totalBytes: number }) => void
}

/** A registry announces a push before it writes the tag. For so long it may take, in ms. */
const WRITTEN_WITHIN_MS = 60_000

/** How soon a promotion asks whether it is its turn, in ms. */
const TURN_MS = 1_000

/** How soon a promotion asks its gates again that do not say when, in ms. */
const GATES_MS = 15_000

/** How long a promotion that made progress waits before it goes on, in ms. */
const PROGRESS_MS = 5_000

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
  isPlaceholder: (registry: string, repository: string, digest: string) => Promise<boolean>
  checkGates: (job: PromotionJob, attempt: Pick<Attempt, 'id' | 'askedAt'>) => Promise<GatesVerdict>
  copy: (request: CopyRequest) => Promise<Copied>
  writeTag: (target: CopyRequest['target'], tag: string, root: Copied['root']) => Promise<void>
  /** Repositories of a registry that have a blob. */
  repositoriesWith: (registry: string, digest: string) => Promise<readonly string[]>
  targets: Targets
  receipts: Receipts
  /** Called once the tag is written, before the receipt: referrers that are pushed later find their way. */
  follow: (job: PromotionJob, copied: Copied, forMs: number) => Promise<void>
  /** epoch ms */
  now: () => number
}) {
  const { now, targets } = deps

  return async function promote(job: PromotionJob, attempt: Attempt): Promise<Outcome> {
    const done = await deps.receipts.find(attempt.id)
    if (done !== undefined) return { state: 'promoted', receipt: done }
    const options = deps.optionsOf(job)
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
    { registry, repository, tag, digest }: PromotionJob,
    { askedAt, seenAt = now() }: Attempt,
    { settle }: CopyOptions,
  ): Promise<Outcome | undefined> {
    if (tag === undefined) return undefined
    const found = await deps.clientOf(registry).headManifest(repository, tag)
    if (found?.digest === digest)
      return now() < seenAt + settle
        ? waiting('its tag must have named it for a while', seenAt + settle, seenAt)
        : undefined
    const age = now() - askedAt
    if (age < WRITTEN_WITHIN_MS)
      return waiting('its tag does not name it yet', now() + Math.max(500, age))
    return dropped(found === undefined ? 'its tag is gone' : `its tag names ${found.digest} by now`)
  }

  async function whyNotWrite(job: PromotionJob, options: CopyOptions): Promise<string | undefined> {
    const { to, digest, pushedAt } = job
    const current = await currentAt(to)
    const write = { from: { registry: job.registry, repository: job.repository }, digest, pushedAt }
    return whyNotOverwrite(write, options.overwrite, current, await targets.last(to))
  }

  const currentAt = async ({ registry, repository, tag }: TaggedImage): Promise<string | undefined> =>
    (await deps.clientOf(registry).headManifest(repository, tag))?.digest

  function atGates({ state, results }: GatesVerdict, { askedAt, seenAt }: Attempt, { waitFor }: CopyOptions): Outcome {
    const shut = results.filter((one) => one.state !== 'open')
    const why = shut.map((one) => `${one.gate}: ${one.why}`).join('; ')
    if (state === 'closed') return { ...refused(`a gate is closed: ${why}`), gates: results }
    if (now() >= askedAt + waitFor) return { ...refused(`it has waited long enough at ${why}`), gates: results }
    const again = Math.min(...shut.map((one) => one.again ?? now() + GATES_MS), askedAt + waitFor)
    return { ...waiting(`at a gate: ${why}`, Math.max(again, now() + TURN_MS), seenAt), gates: results }
  }

  async function copyAndWrite(
    job: PromotionJob,
    attempt: Attempt,
    options: CopyOptions,
    gates: GatesVerdict,
  ): Promise<Outcome> {
    const { to } = job
    const target = { client: deps.clientOf(to.registry), repository: to.repository }
    let bytes = 0
    try {
      const copied = await deps.copy({
        source: { client: deps.clientOf(job.registry), repository: job.repository },
        target,
        sameRegistry: to.registry === job.registry,
        digest: job.digest,
        ...{ sparse: options.sparse, platforms: options.platforms, verify: options.verify, referrers: true },
        mountFrom: (digest) => deps.repositoriesWith(to.registry, digest),
        onProgress(progress) {
          bytes = progress.bytes
          attempt.onProgress(progress)
        },
      })
      // To copy takes time.
      if (deps.optionsOf(job) === undefined) return dropped('its rule was changed meanwhile')
      const late = await lookAtSource(job, attempt, { ...options, settle: 0 })
      if (late !== undefined) return late
      const refusal = await whyNotWrite(job, options)
      if (refusal !== undefined) return refused(refusal)

      const current = await currentAt(to)
      const replaced = await targets.begin(to, attempt.id, current)
      if (current !== job.digest) await deps.writeTag(target, to.tag, copied.root)
      const { digest, pushedAt, registry, repository } = job
      await targets.end(to, { from: { registry, repository }, digest, pushedAt, promotion: attempt.id })
      if (options.follow > 0) await deps.follow(job, copied, options.follow)
      const receipt = receiptOf(job, attempt, copied, gates, replaced)
      await deps.receipts.append(receipt)
      return { state: 'promoted', receipt }
    } catch (error) {
      // The image may have been deleted meanwhile.
      const late = error instanceof MissingContent ? await lookAtSource(job, attempt, options) : undefined
      return late ?? afterFailure(error, { isProgress: bytes > 0, attempt })
    }
  }

  function afterFailure(error: unknown, { isProgress, attempt }: { isProgress: boolean; attempt: Attempt }): Outcome {
    if (isFinal(error)) return refused(error.message)
    const asked = error instanceof RegistryError ? error.retryAfter : undefined
    if ((asked === undefined && !isProgress) || now() > attempt.askedAt + PATIENCE_MS) throw error
    const why = error instanceof Error ? error.message : String(error)
    return waiting(why, now() + Math.max(asked ?? 0, PROGRESS_MS), attempt.seenAt)
  }

  function receiptOf(
    job: PromotionJob,
    { id, askedAt }: Attempt,
    copied: Copied,
    gates: GatesVerdict,
    replaced: string | undefined,
  ): PromotionReceipt {
    const { rule, by, claims, registry, repository, tag, digest, to } = job
    const { manifests, absent, referrers, referrerTags, blobs } = copied
    return {
      ...{ id, kind: 'promotion', at: new Date(now()).toISOString(), askedAt: new Date(askedAt).toISOString() },
      ...(rule !== undefined && { rule }),
      by,
      ...(claims !== undefined && { claims }),
      from: { registry, repository, ...(tag !== undefined && { tag }) },
      ...{ to, digest },
      ...(replaced !== undefined && { replaced }),
      ...{ manifests, absent, referrers, referrerTags, blobs },
      gates: gates.results.map(({ gate, why, evidence }) => ({
        ...{ gate, why },
        ...(evidence !== undefined && { evidence }),
      })),
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
  if (error instanceof RegistryError) return !error.retry
  return error instanceof InvalidManifest || error instanceof MissingContent
}
