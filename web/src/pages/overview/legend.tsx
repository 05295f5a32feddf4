import { useScheme } from '../../parts/use-scheme.ts'
import { legendOf } from './colours.ts'
import type { Colour } from './measures.ts'

/** What the colours of the cells say, and the hatching. */
export function Legend({ colour, hasPlans }: { colour: Colour; hasPlans: boolean }) {
  const scheme = useScheme()
  return (
    <ul class="legend" aria-label="What the colours say">
      {legendOf(colour).map(({ label, cell }) => (
        <li key={label}>
          <span class="swatch" style={{ background: cell[scheme] }} />
          {label}
        </li>
      ))}
      {hasPlans && (
        <li>
          <span class="swatch swatch-hatched" />
          expiry would free this part
        </li>
      )}
    </ul>
  )
}
