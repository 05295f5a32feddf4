import { printable } from '../../platform/printable.ts'
import type { Approvals } from './approvals.ts'
import type { Gate } from './gate.ts'

/** Opens when so many different people have approved the promotion. */
export function makeApprovalGate(
  { people }: { people: number },
  { approvals }: { approvals: Pick<Approvals, 'approvals'> },
): Gate {
  const name = `approval by ${people}`
  return {
    name,
    async check({ promotion }) {
      const given = await approvals.approvals(promotion)
      const who = given.length === 0 ? '' : `: ${printable(given.map(({ by }) => by).join(', '))}`
      const why = `approved by ${given.length} of ${people}${who}`
      if (given.length < people) return { gate: name, state: 'waiting', why, forPeople: true }
      return { gate: name, state: 'open', why, evidence: given.map(({ by, at }) => ({ by, at })) }
    },
  }
}
