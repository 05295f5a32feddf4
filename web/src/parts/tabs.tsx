/** Links to the parts of a page. */
export const Tabs = ({
  label,
  tabs,
}: {
  label: string
  tabs: readonly { href: string; name: string; isHere: boolean }[]
}) => (
  <nav class="tabs" aria-label={label}>
    {tabs.map(({ href, name, isHere }) => (
      <a key={href} href={href} {...(isHere && { 'aria-current': 'page' as const })}>
        {name}
      </a>
    ))}
  </nav>
)
