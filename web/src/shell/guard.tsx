import type { ComponentChildren } from 'preact'
import { useEffect, useErrorBoundary } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Failed } from './broken.tsx'

/** Shows what went wrong instead of what fails below it, until one goes elsewhere: otherwise nothing, or the page before, would be shown. */
export function Guard({ children }: { children: ComponentChildren }) {
  const { path } = useLocation()
  const [error, reset] = useErrorBoundary()
  useEffect(reset, [path])
  return error === undefined ? children : <Failed error={error} />
}
