import { useEffect, useMemo } from 'preact/hooks'

/** A signal that ends when who asks for it is not shown any more: what waits for something need not wait then. */
export function useStay(): AbortSignal {
  const stay = useMemo(() => new AbortController(), [])
  useEffect(() => () => stay.abort(), [])
  return stay.signal
}
