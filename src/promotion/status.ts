import type { Job } from 'bullmq'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { findJob } from '../queue/find-job.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { imageOf, targetOf } from './alert.ts'
import { PromotionProgress } from './progress.ts'
import { PromotionReceipt } from './receipt.ts'
import type { Receipts } from './receipts.ts'
import { findRollback, RollbackOf } from './rollback-of.ts'

/** How far a promotion is. */
export const PromotionStatus = Type.Object({
  id: Type.String({ description: 'The id of the promotion.' }),
  state: Type.Enum(['queued', 'active', 'waiting', 'promoted', 'dropped', 'failed'], {
    description:
      '`queued`: its turn has not come. `active`: it is in hand. `waiting`: it goes on later; `why` says what it waits for. `promoted`: it has arrived. `dropped`: nobody wants it any more, since its tag names another image by now, say. `failed`: it did not arrive and is not tried again.',
  }),
  why: Type.Optional(Type.String({ description: 'Why it waits, was dropped or failed.' })),
  image: Type.String({
    description: 'The image, `registry/repository:tag` or `registry/repository@digest`.',
  }),
  digest: Type.Optional(PromotionReceipt.properties.digest),
  target: Type.String({ description: 'Where it goes to, `registry/repository:tag`.' }),
  rule: Type.Optional(
    Type.String({ description: 'The name of the rule. Absent if it was asked for without one.' }),
  ),
  by: Type.String({ description: 'Who or what asked for it.' }),
  askedAt: Type.String({ description: 'When it was asked for, RFC 3339.' }),
  progress: Type.Optional(
    Type.Object(PromotionProgress.properties, { description: 'What its job says, until it is done.' }),
  ),
  receipt: Type.Optional(
    Type.Object(PromotionReceipt.properties, { description: 'What it did, once it has arrived.' }),
  ),
  rollback: Type.Optional(
    Type.Object(RollbackOf.properties, { description: 'The rollback that undid it. Absent if none did.' }),
  ),
})
export type PromotionStatus = Static<typeof PromotionStatus>

/** The result of a promotion's job. */
export const PromotionResult = Type.Union([
  Type.Object({ state: Type.Literal('promoted'), receipt: Type.String() }),
  Type.Object({ state: Type.Literal('dropped'), why: Type.String() }),
])
export type PromotionResult = Static<typeof PromotionResult>

/** The id of a promotion can be part of a key of the store. */
export const PromotionId = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,100}$',
  'x-expected': 'the id of a promotion: 1 to 100 letters, digits, - and _',
  description: 'The id of the promotion.',
})

/**
 * Finds a promotion by its id, with the registry and the repository of its image: by its receipt, or by its job. A job that was
 * dropped is known for a day.
 */
export const makeFindPromotion =
  (deps: { receipts: Pick<Receipts, 'find'>; queues: Queues }) =>
  async (
    id: string,
  ): Promise<{ from: { registry: string; repository: string }; status: PromotionStatus } | undefined> => {
    const receipt = await deps.receipts.find(id)
    if (receipt !== undefined) {
      const rollback = await findRollback(deps.receipts, id)
      return { from: receipt.from, status: { ...statusOfReceipt(receipt), ...(rollback && { rollback }) } }
    }
    const found = await findJob(deps.queues, 'promotion', id)
    if (found === undefined || !isCopyJob(found.job)) return undefined
    return { from: found.job.data, status: statusOfJob(found.job, found.state) }
  }
export type FindPromotion = ReturnType<typeof makeFindPromotion>

/** Whether a promotion that was found is under way or waits. */
export const isUndone = (found: { status: PromotionStatus } | undefined): boolean =>
  found !== undefined && ['queued', 'active', 'waiting'].includes(found.status.state)

type CopyJob = Job<PromotionJob, unknown, string>

/** Whether a job copies an image, and not only what refers to one. */
export const isCopyJob = (job: { data: object }): job is CopyJob =>
  'kind' in job.data && job.data.kind === 'copy'

function statusOfReceipt(receipt: PromotionReceipt): PromotionStatus {
  const { id, from, to, digest, rule, by, askedAt } = receipt
  return {
    ...{ id, state: 'promoted', by, askedAt, receipt },
    image: imageOf({ ...from, digest: digest ?? '' }),
    target: targetOf({ to }),
    ...(digest !== undefined && { digest }),
    ...(rule !== undefined && { rule }),
  }
}

/** `jobState` is BullMQ's. */
export function statusOfJob(
  job: Pick<CopyJob, 'id' | 'data' | 'progress' | 'failedReason' | 'returnvalue' | 'timestamp'>,
  jobState: string,
): PromotionStatus {
  const { id = '', data, progress, failedReason, returnvalue, timestamp } = job
  const { rule, by, digest } = data
  const told = Value.Check(PromotionProgress, progress) ? progress : undefined
  const { state, why } = stateOf(jobState, { told, failedReason, returnvalue })
  return {
    ...{ id, state, image: imageOf(data), digest, target: targetOf(data), by },
    askedAt: new Date(timestamp).toISOString(),
    ...(why !== undefined && { why }),
    ...(rule !== undefined && { rule }),
    ...(told && { progress: told }),
  }
}

function stateOf(
  jobState: string,
  {
    told,
    failedReason,
    returnvalue,
  }: { told: PromotionProgress | undefined } & Pick<CopyJob, 'failedReason' | 'returnvalue'>,
): Pick<PromotionStatus, 'state' | 'why'> {
  if (jobState === 'failed') return { state: 'failed', why: failedReason }
  if (jobState === 'completed')
    return Value.Check(PromotionResult, returnvalue) && returnvalue.state === 'dropped'
      ? { state: 'dropped', why: returnvalue.why }
      : { state: 'promoted' }
  if (jobState === 'active') return { state: 'active' }
  if (jobState === 'delayed') return { state: 'waiting', ...(told?.why !== undefined && { why: told.why }) }
  return { state: 'queued' }
}
