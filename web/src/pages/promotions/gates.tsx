import { Said } from '../../parts/said.tsx'
import { Told } from '../../parts/told.tsx'
import { gatesOf, type Promotion } from './promotion-text.ts'

const STATE = {
  open: { text: 'open', badge: 'badge badge-ok' },
  waiting: { text: 'waits', badge: 'badge badge-warning' },
  closed: { text: 'closed', badge: 'badge badge-over' },
} as const

/** What each gate says of a promotion. */
export function Gates({ of }: { of: Pick<Promotion, 'progress'> }) {
  const gates = gatesOf(of)
  if (gates.length === 0) return null
  return (
    <ul class="gates" aria-label="Gates">
      {gates.map(({ gate, state, why }) => (
        <li key={gate}>
          <span class={STATE[state].badge}>{STATE[state].text}</span>
          <span>
            <strong>
              <Said text={gate} />
            </strong>
            : <Told text={why} />
          </span>
        </li>
      ))}
    </ul>
  )
}
