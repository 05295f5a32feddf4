import { useEffect, useState } from 'preact/hooks'
import { theme } from '../../theme.ts'
import type { Scheme } from './colours.ts'

const dark = matchMedia('(prefers-color-scheme: dark)')

/** Whether the page is light or dark now: a canvas cannot use the colours of the style sheet. */
export function useScheme(): Scheme {
  const [systemDark, setSystemDark] = useState(dark.matches)
  useEffect(() => {
    const changed = () => setSystemDark(dark.matches)
    dark.addEventListener('change', changed)
    return () => dark.removeEventListener('change', changed)
  }, [])
  return theme.value === 'system' ? (systemDark ? 'dark' : 'light') : theme.value
}
