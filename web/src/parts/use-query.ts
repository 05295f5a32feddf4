import { useLocation } from 'preact-iso'

type Query = Readonly<Record<string, string | undefined>>

/**
 * What the page is asked for, from the query of its URL, and a function that changes it: so it can be shared, and back works. With
 * `replace` the change is no step back of its own, such as while somebody types.
 */
export function useQuery(): [query: Query, change: (changes: Query, options?: { replace: boolean }) => void] {
  const { path, query, route } = useLocation()
  function change(changes: Query, { replace } = { replace: false }): void {
    // Somebody who types may have gone elsewhere, or have changed something else, before it is told what was typed.
    const { pathname, search } = window.location
    if ((pathname.replace(/\/+$/, '') || '/') !== path) return
    route(withQuery(path, { ...Object.fromEntries(new URLSearchParams(search)), ...changes }), replace)
  }
  return [query, change]
}

/** A path with a query. What is undefined or empty is left out. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => (value ? [[key, value]] : []))
  const text = new URLSearchParams(pairs).toString()
  return text === '' ? path : `${path}?${text}`
}
