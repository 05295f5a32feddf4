const TEXT = { ok: 'ok', warning: 'near its quota', over: 'over its quota' }

/** The flag of a project: a colour, and the same in words. */
export const FlagBadge = ({ flag }: { flag: 'ok' | 'warning' | 'over' }) => (
  <span class={`badge badge-${flag}`}>{TEXT[flag]}</span>
)
