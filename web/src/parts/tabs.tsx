/** Links to the parts of a page. */
export const Tabs = ({
  label,
  tabs,
}: {
  label: string
  /** `count`: how much is behind it, if people are to see that before they open it. */
  tabs: readonly { href: string; name: string; isHere: boolean; count?: string | undefined }[]
}) => (
  <nav class="tabs" aria-label={label}>
    {tabs.map(({ href, name, isHere, count }) => (
      <a key={href} href={href} {...(isHere && { 'aria-current': 'page' as const })}>
        {name}
        {count && (
          <>
            {' '}
            <span class="tab-count">{count}</span>
          </>
        )}
      </a>
    ))}
  </nav>
)
