import { DelayedError, type Job, UnrecoverableError } from 'bullmq'
import { formatSize } from '../src/platform/units.ts'
import { isFinal } from '../src/promotion/after-failure.ts'
import { approvalAlert, failedAlert, imageOf, targetOf } from '../src/promotion/alert.ts'
import type { FollowImage } from '../src/promotion/follow-image.ts'
import type { Outcome } from '../src/promotion/outcome.ts'
import { type PromotionProgress, progressOf } from '../src/promotion/progress.ts'
import type { makePromote } from '../src/promotion/promote.ts'
import { ruleNameOf } from '../src/promotion/rule-name.ts'
import type { PromotionAlert } from '../src/queue/alert.ts'
import type { FollowJob, PromotionJob } from '../src/queue/jobs.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { inPlace, makePlaces } from '../src/queue/places.ts'

/** Copies at a time between one pair of registries. */
const EACH = 2

/** How often the progress of a copy is written, in ms. */
const PROGRESS_MS = 1_000

/** How many jobs the worker takes at a time, so that no pair of registries holds up another. */
export const concurrencyFor = (pairs: number): number => EACH * Math.max(1, pairs)

type Data = PromotionJob | FollowJob
type PromotionQueueJob<D extends Data = Data> = Job<D, unknown, string>

/** Each pair of registries has places of its own. */
export const promotionWorker = (
  context: WorkerContext,
  deps: {
    promote: ReturnType<typeof makePromote>
    followImage: FollowImage
    /** Whether no other promotion to the same tag is in hand. */
    isTurn: (job: PromotionQueueJob<PromotionJob>) => Promise<boolean>
    announce: (alert: PromotionAlert) => Promise<unknown>
    /** Forgets that a promotion which has ended waited, and who approved it. */
    forget: (id: string) => Promise<unknown>
    /** Remembers that a promotion waits at gates, since when, epoch ms. */
    rememberWaiting: (
      image: Pick<PromotionJob, 'registry' | 'repository' | 'digest'>,
      id: string,
      since: number,
    ) => Promise<unknown>
  },
) => {
  return makeWorker(
    'promotion',
    context,
    inPlace(
      makePlaces({ each: EACH }),
      ({ registry, to }) => `${registry} ${to.registry}`,
      async (data: Data, job: PromotionQueueJob) => {
        if (data.kind === 'follow') return follow(job as PromotionQueueJob<FollowJob>, deps)
        const copy = job as PromotionQueueJob<PromotionJob>
        const startedAt = performance.now()
        const outcome = await attempt(copy, deps)
        logOutcome(context, data, outcome)
        if (outcome.state === 'waiting') {
          const { since = job.timestamp } = progressOf(job)
          if (outcome.gates !== undefined) await deps.rememberWaiting(data, job.id ?? '', since)
          return putOff(copy, outcome, deps)
        }
        await deps.forget(job.id ?? '')
        const { promotions, promotionSeconds } = context.metrics
        promotions.inc({ rule: ruleNameOf(data), outcome: outcome.state })
        if (outcome.state === 'promoted') promotionSeconds.observe((performance.now() - startedAt) / 1_000)
        if (outcome.state === 'refused') {
          await deps.announce(failedAlert({ id: job.id ?? '', at: new Date(), job: data, why: outcome.why }))
          await keepProgress(copy, { since: Date.now(), gates: outcome.gates })
          throw new UnrecoverableError(outcome.why)
        }
        return outcome.state === 'promoted'
          ? { state: outcome.state, receipt: outcome.receipt.id }
          : { state: outcome.state, why: outcome.why }
      },
    ),
    {
      async onGivenUp(job, error) {
        // Who refused has told already.
        if (job.data.kind === 'follow' || error instanceof UnrecoverableError) return
        context.metrics.promotions.inc({ rule: ruleNameOf(job.data), outcome: 'failed' })
        await deps.forget(job.id ?? '')
        await deps.announce(
          failedAlert({ id: job.id ?? '', at: new Date(), job: job.data, why: error.message }),
        )
      },
    },
  )
}

/** Nobody is told: the image itself is promoted. `tallyman promotion audit` tells what the target lacks. */
async function follow(
  job: PromotionQueueJob<FollowJob>,
  { followImage, rememberWaiting, forget }: Parameters<typeof promotionWorker>[1],
): Promise<object> {
  const { id = '', data } = job
  const { since = job.timestamp } = progressOf(job)
  const outcome = await followImage(data, { id, askedAt: since }).catch((error: Error) => {
    throw isFinal(error) ? new UnrecoverableError(error.message) : error
  })
  if (outcome.state !== 'waiting') await forget(id)
  if (outcome.state === 'refused') {
    await keepProgress(job, { since: Date.now(), gates: outcome.gates })
    throw new UnrecoverableError(outcome.why)
  }
  if (outcome.state !== 'waiting') return outcome
  const { why, again, gates } = outcome
  await rememberWaiting({ ...data, digest: data.subject }, id, since)
  return delay(job, again, { since, why, gates })
}

function attempt(
  job: PromotionQueueJob<PromotionJob>,
  { promote, isTurn }: Parameters<typeof promotionWorker>[1],
): Promise<Outcome> {
  const { since = job.timestamp, seenAt, bytes, announced } = progressOf(job)
  let copied: { bytes: number; totalBytes: number } | undefined
  // Also what was copied last before a registry took its time is written.
  const timer = setInterval(() => {
    if (copied !== undefined) void keepProgress(job, { since, seenAt, ...copied, announced }).catch(() => {})
    copied = undefined
  }, PROGRESS_MS)
  return promote(job.data, {
    ...{ id: job.id ?? '', askedAt: since, seenAt, bytes },
    isMyTurn: () => isTurn(job),
    onProgress(progress) {
      copied = progress
    },
  })
    .finally(() => clearInterval(timer))
    .catch(async (error: Error) => {
      const { gates: _, ...progress } = progressOf(job)
      await keepProgress(job, { ...progress, why: error.message }).catch(() => {})
      throw error
    })
}

const keepProgress = (job: PromotionQueueJob, progress: Undefinable<PromotionProgress>) =>
  job.updateProgress(JSON.parse(JSON.stringify(progress)))
type Undefinable<T> = { [K in keyof T]?: T[K] | undefined }

/** Puts a job back into the queue. It is no failed attempt. People are told once that it waits for them. */
async function putOff(
  job: PromotionQueueJob<PromotionJob>,
  { why, again, seenAt, bytes, gates }: Extract<Outcome, { state: 'waiting' }>,
  { announce }: Parameters<typeof promotionWorker>[1],
): Promise<never> {
  const { since, announced } = progressOf(job)
  const forPeople = gates?.find((one) => one.state === 'waiting' && one.forPeople)
  if (forPeople !== undefined && !announced)
    await announce(approvalAlert({ id: job.id ?? '', at: new Date(), job: job.data, why: forPeople.why }))
  return delay(job, again, {
    ...{ since, why, seenAt, bytes, gates },
    announced: announced ?? (forPeople !== undefined || undefined),
  })
}

async function delay(
  job: PromotionQueueJob,
  until: number,
  progress: Undefinable<PromotionProgress>,
): Promise<never> {
  await keepProgress(job, progress)
  await job.moveToDelayed(until, job.token)
  throw new DelayedError()
}

function logOutcome({ log }: WorkerContext, job: PromotionJob, outcome: Outcome): void {
  const { rule, by, digest, to } = job
  const from = imageOf(job)
  const target = targetOf({ to })
  const facts = { rule, by, from, to: target, digest }
  if (outcome.state === 'promoted') {
    const { blobs, manifests, referrers, lostPlatforms } = outcome.receipt
    const { bytes } = blobs.sent
    log.info(
      { ...facts, bytes, blobs, manifests: manifests.length, referrers: referrers.length },
      `promoted ${from} to ${target}: ${formatSize(bytes)} sent`,
    )
    if (lostPlatforms !== undefined)
      log.warn(
        { ...facts, lostPlatforms },
        `${target} is not for ${lostPlatforms.join(', ')} any more, as ${from} is not`,
      )
    return
  }
  const text = `not promoted${outcome.state === 'waiting' ? ' yet' : ''}: ${from} to ${target}: ${outcome.why}`
  if (outcome.state === 'refused') log.warn(facts, text)
  else if (outcome.state === 'dropped') log.info(facts, text)
  else log.debug(facts, text)
}
