import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { sayFailure } from './toast.tsx'

/** A button that does something at once. Until that has ended, further clicks do nothing. If it fails, that is said. */
export function Act({
  run,
  children,
  class: look = '',
}: {
  run: () => Promise<unknown>
  children: ComponentChildren
  class?: string
}) {
  const isBusy = useRef(false)
  const [looksBusy, setLooksBusy] = useState(false)
  async function act() {
    if (isBusy.current) return
    isBusy.current = true
    setLooksBusy(true)
    await run().catch(sayFailure)
    isBusy.current = false
    setLooksBusy(false)
  }
  return (
    // Not `disabled`, which would take the focus from it.
    <button type="button" class={look} aria-disabled={looksBusy} onClick={act}>
      {children}
    </button>
  )
}
