import { useLocation } from 'preact-iso'

/** The parameters of the page's address, and how to change some of them: it takes no step of "back". An empty text removes one. */
export function useQuery(): [Record<string, string>, (changes: Record<string, string | undefined>) => void] {
  const { path, query, route } = useLocation()
  return [
    query,
    (changes) => {
      const next = Object.entries({ ...query, ...changes }).filter(([, value]) => value)
      const search = new URLSearchParams(next as [string, string][])
      route(search.size > 0 ? `${path}?${search}` : path, true)
    },
  ]
}
