import { useEffect, useState } from 'preact/hooks'
import { theme } from '../theme.ts'

export type Scheme = 'light' | 'dark'

const dark = matchMedia('(prefers-color-scheme: dark)')

/** Whether the page is light or dark now: a canvas has its colours from when it was drawn. */
export function useScheme(): Scheme {
  const [systemDark, setSystemDark] = useState(dark.matches)
  useEffect(() => {
    const changed = () => setSystemDark(dark.matches)
    dark.addEventListener('change', changed)
    return () => dark.removeEventListener('change', changed)
  }, [])
  return theme.value === 'system' ? (systemDark ? 'dark' : 'light') : theme.value
}
