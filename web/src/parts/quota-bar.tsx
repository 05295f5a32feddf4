import './quota-bar.css'

/** How much of a limit is used, as a bar. The number stands beside it: the bar is not read out. */
export function QuotaBar({
  share,
  flag,
}: {
  /** Used / limit. */
  share: number
  flag: 'ok' | 'warning' | 'over'
}) {
  return (
    <span class={`quota-bar quota-bar-${flag}`} aria-hidden="true">
      <span style={{ width: `${Math.min(100, share * 100)}%` }} />
    </span>
  )
}
