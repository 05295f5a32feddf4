import type { ComponentChildren } from 'preact'

/** Says that there is nothing, why, and what would change it. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children && <div class="empty-text">{children}</div>}
  </div>
)
