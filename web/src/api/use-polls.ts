import { useEffect } from 'preact/hooks'

/** Calls `poll` every `everyMs`, unless that is undefined. While the page is hidden, it does not. */
export function usePolls(poll: () => void, everyMs: number | undefined): void {
  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => {
      if (!document.hidden) poll()
    }, everyMs)
    return () => clearInterval(timer)
  }, [poll, everyMs])
}
