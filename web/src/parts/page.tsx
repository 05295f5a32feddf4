import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { printable } from '../../../src/platform/printable.ts'

/** A page: its title (it may be the name of something in a registry), which is also the title of the tab, what can be done with all of it, and its content. */
export function Page({
  title,
  lead,
  actions,
  children,
}: {
  title: string
  /** One sentence about what the page is for. */
  lead?: ComponentChildren
  actions?: ComponentChildren
  children: ComponentChildren
}) {
  const { path } = useLocation()
  const name = printable(title)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${name} · Tallyman`
    if (document.activeElement === document.body) heading.current?.focus()
  }, [name])
  // A screen reader says where one has come to. A title that changes once more is known takes the focus from nobody.
  useEffect(() => heading.current?.focus(), [path])
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {name}
          </h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  )
}
