import type { Queues } from '../queue/queues.ts'
import type { QuotaSubject } from '../queue/quota-subject.ts'
import type { QuotasInForce } from './in-force.ts'
import type { Overrides } from './overrides.ts'
import { groupSubject, type Quotas } from './quotas.ts'
import { lookAgain, recheck } from './recheck.ts'

/** Other projects change the exclusive bytes of one: it is looked at again after this time, in ms. */
const EXCLUSIVE_MS = 900_000

/**
 * Makes what is done after each look at a flag: the groups of a project are looked at, an override that has ended is removed,
 * and the next look is queued. `now` is epoch ms.
 */
export function makeAfterLook(deps: {
  queues: Pick<Queues, 'quota'>
  quotas: () => Quotas
  inForce: Pick<QuotasInForce, 'of'>
  overrides: Pick<Overrides, 'forgetEnded'>
  now: () => number
}) {
  return async function afterLook(subject: QuotaSubject, lookAt: Date | undefined): Promise<void> {
    const times = lookAt === undefined ? [] : [lookAt.getTime()]
    if (subject.kind === 'project') {
      const groups = deps.quotas().groupsOf(subject.id)
      await recheck(deps.queues, groups.map(groupSubject))
      await deps.overrides.forgetEnded(subject.id)
      const { quota, override } = (await deps.inForce.of(subject)) ?? {}
      if (override?.until) times.push(Date.parse(override.until))
      if ([quota, ...groups].some((one) => one?.measure === 'exclusive'))
        times.push(deps.now() + EXCLUSIVE_MS)
    }
    if (times.length > 0) await lookAgain(deps.queues, subject, Math.min(...times) - deps.now())
  }
}
