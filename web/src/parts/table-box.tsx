import type { ComponentChildren, RefObject } from 'preact'

/**
 * Around a table, or whatever else may be larger than its place: it scrolls by itself, also by the keyboard. `class` replaces the
 * frame of a table. `isCards`: on a phone, each row is a card, and its cells have their `data-label` before them.
 */
export const TableBox = ({
  label,
  class: name = 'table-box',
  isCards = false,
  box,
  onScroll,
  children,
}: {
  label: string
  class?: string
  isCards?: boolean
  box?: RefObject<HTMLElement | null>
  onScroll?: () => void
  children: ComponentChildren
}) => (
  <section
    {...(box && { ref: box as RefObject<HTMLElement> })}
    class={isCards ? `${name} cards` : name}
    aria-label={label}
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, the keyboard cannot scroll it (axe: scrollable-region-focusable)
    tabIndex={0}
    {...(onScroll && { onScroll })}
  >
    {children}
  </section>
)
