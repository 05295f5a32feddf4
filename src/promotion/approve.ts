import { findJob } from '../queue/find-job.ts'
import type { Queues } from '../queue/queues.ts'
import type { AwaitedPromotions } from './awaited-promotions.ts'
import type { Approval, Approvals } from './gates/approvals.ts'
import { progressOf } from './progress.ts'
import type { Receipts } from './receipts.ts'
import { PromotionRefusal } from './refusal.ts'
import type { PromotionRule } from './rule.ts'
import { isCopyJob } from './status.ts'
import type { WhyHopeless } from './why-hopeless.ts'

/**
 * Makes what approves a promotion in the name of a person, and has it go on if it waits. Gives all its approvals, and how many are
 * needed. @throws PromotionRefusal if it does not wait for approval, or does not go on whoever approves it
 */
export const makeApprove =
  (deps: {
    queues: Queues
    approvals: Pick<Approvals, 'approve' | 'approvals'>
    receipts: Pick<Receipts, 'find'>
    /** Has a promotion that waits go on. */
    wake: AwaitedPromotions['wake']
    whyHopeless: WhyHopeless
    /** As configured now. */
    rules: () => readonly Pick<PromotionRule, 'name' | 'gates'>[]
  }) =>
  async (id: string, by: string): Promise<{ approvals: Approval[]; needed: number }> => {
    const found = await findJob(deps.queues, 'promotion', id)
    if (found === undefined || !isCopyJob(found.job)) throw new PromotionRefusal(404, nothingToApprove(id))
    const { job, state } = found
    const hasEnded =
      state === 'completed' || state === 'failed' || (await deps.receipts.find(id)) !== undefined
    if (hasEnded) throw new PromotionRefusal(409, `the promotion ${id} has ended: nobody needs to approve it`)
    const gates = deps.rules().find(({ name }) => name === job.data.rule)?.gates ?? []
    const needed = Math.max(0, ...gates.map((gate) => (gate.type === 'approval' ? gate.people : 0)))
    if (needed === 0)
      throw new PromotionRefusal(
        409,
        `the promotion ${id} needs no approval: ${job.data.rule === undefined ? 'it has no rule' : `the rule "${job.data.rule}" has no such gate`}`,
      )
    const why = await deps.whyHopeless(job.data, { askedAt: progressOf(job).since ?? job.timestamp })
    if (why !== undefined)
      throw new PromotionRefusal(409, `the promotion ${id} was not approved, and does not go on: ${why}`)
    await deps.approvals.approve(id, by)
    const approvals = await deps.approvals.approvals(id)
    await deps.wake(id)
    return { approvals, needed }
  }
export const nothingToApprove = (id: string): string => `no promotion "${id}" waits or is in hand`

export type Approve = ReturnType<typeof makeApprove>
