import { useEffect, useRef, useState } from 'preact/hooks'
import { type Answer, ApiError, type Asked, get, type PathOf, urlOf } from './request.ts'

/** A list of the API that is read page by page. */
export interface Pages<T> {
  items: readonly T[]
  /** Whether there is a page that was not read yet. */
  hasMore: boolean
  isLoading: boolean
  error: ApiError | undefined
  /** Reads the next page, unless one is being read. */
  more: () => void
  /** Forgets what was read, and reads the first page again. */
  reload: () => void
}

interface State<T> {
  items: readonly T[]
  /** The cursor of the next page; null after the last one; undefined before the first. */
  next: string | null | undefined
  isLoading: boolean
  error: ApiError | undefined
}
const NOTHING = { items: [], next: undefined, isLoading: true, error: undefined }

/** Reads a list page by page, and begins anew whenever the question changes. `itemsOf` takes the items from a page. */
export function usePages<P extends PathOf<'get'>, T>(
  path: P,
  asked: Omit<Asked<P, 'get'>, 'signal' | 'body'>,
  itemsOf: (page: Answer<P>) => readonly T[],
): Pages<T> {
  const url = urlOf(path, Object(asked.path), asked.query)
  const [state, setState] = useState<State<T>>(NOTHING)
  const [turn, setTurn] = useState(0)
  const reading = useRef<AbortController>(undefined)

  function read(cursor: string | undefined): void {
    reading.current?.abort()
    const stop = new AbortController()
    reading.current = stop
    setState((last) => (cursor === undefined ? NOTHING : { ...last, isLoading: true, error: undefined }))
    get(path, { ...asked, query: { ...asked.query, cursor }, signal: stop.signal } as unknown as Asked<
      P,
      'get'
    >).then(
      (page) => {
        const { next = null } = Object(page) as { next?: string | null }
        const read = itemsOf(page)
        setState(({ items }) => ({
          items: cursor === undefined ? read : [...items, ...read],
          ...{ next, isLoading: false, error: undefined },
        }))
      },
      (error: Error) => {
        if (stop.signal.aborted) return
        const told = error instanceof ApiError ? error : new ApiError(0, error.message)
        setState((last) => ({ ...last, isLoading: false, error: told }))
      },
    )
  }

  useEffect(() => {
    read(undefined)
    return () => reading.current?.abort()
  }, [url, turn])

  const { items, next, isLoading, error } = state
  return {
    ...{ items, isLoading, error, hasMore: next !== null },
    more: () => {
      if (!isLoading && next !== null) read(next)
    },
    reload: () => setTurn((last) => last + 1),
  }
}
