import type { ComponentChildren } from 'preact'

/** Around a table: where it is wider than the page, it scrolls sideways by itself. */
export const TableBox = ({ label, children }: { label: string; children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, the keyboard cannot scroll it (axe: scrollable-region-focusable)
  <section class="table-box" aria-label={label} tabIndex={0}>
    {children}
  </section>
)
