import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { oneAtATime } from './one-at-a-time.ts'
import { type Answer, ApiError, type Asked, get, type PathOf, urlOf } from './request.ts'
import { usePolls } from './use-polls.ts'

/** A list of the API that is read page by page. */
export interface Pages<T> {
  items: readonly T[]
  /** Whether there is a page that was not read yet. */
  hasMore: boolean
  /** Whether a page is read that was not there before. */
  isLoading: boolean
  error: ApiError | undefined
  /** Reads the next page, unless one is being read. */
  more: () => void
  /** Reads again as much as was read. What is there stays until that has come. */
  reload: () => void
  /** Tries again what failed. */
  retry: () => void
}

interface State<T> {
  items: readonly T[]
  /** The cursor of the next page; null after the last one; undefined before the first. */
  next: string | null | undefined
  isLoading: boolean
  error: ApiError | undefined
  url: string
}
const NOTHING = { items: [], next: undefined, isLoading: true, error: undefined }

/**
 * Reads a list page by page; begins anew whenever the question changes; and reads it again every `everyMs` and on `reload`. `itemsOf`
 * takes the items from a page.
 */
export function usePages<P extends PathOf<'get'>, T>(
  path: P,
  asked: Omit<Asked<P, 'get'>, 'signal' | 'body'>,
  itemsOf: (page: Answer<P>) => readonly T[],
  { everyMs }: { everyMs?: number } = {},
): Pages<T> {
  const url = urlOf(path, Object(asked.path), asked.query)
  const [state, setState] = useState<State<T>>({ ...NOTHING, url })
  const shown = useRef(state)
  shown.current = state.url === url ? state : { ...NOTHING, url }

  const reading = useMemo(() => {
    async function page(cursor: string | undefined, signal: AbortSignal) {
      const query = { ...asked.query, cursor }
      const read = await get(path, { ...asked, query, signal } as unknown as Asked<P, 'get'>)
      const { next = null } = Object(read) as { next?: string | null }
      return { items: itemsOf(read), next }
    }
    let hasMoreFailed = false
    const into = (read: (signal: AbortSignal) => Promise<Pick<State<T>, 'items' | 'next'>>) =>
      oneAtATime(async (signal) => {
        try {
          const found = await read(signal)
          if (!signal.aborted) setState({ ...found, isLoading: false, error: undefined, url })
        } catch (error) {
          if (signal.aborted) return
          const told = error instanceof ApiError ? error : new ApiError(0, String(error))
          hasMoreFailed = read === readMore
          setState({ ...shown.current, isLoading: false, error: told })
        }
      })
    const all = into(async (signal) => {
      // As much as is shown, so that who has asked for more pages does not lose them.
      const { length } = shown.current.items
      let found = await page(undefined, signal)
      while (found.next !== null && found.items.length < length) {
        const { items, next } = await page(found.next, signal)
        found = { items: [...found.items, ...items], next }
      }
      return found
    })
    const readMore = async (signal: AbortSignal) => {
      const { items, next } = shown.current
      const found = await page(next ?? undefined, signal)
      return { ...found, items: [...items, ...found.items] }
    }
    const oneMore = into(readMore)
    function more() {
      const { isLoading, next } = shown.current
      if (isLoading || next === null) return
      // Otherwise what is read again would come without the page.
      all.end()
      setState({ ...shown.current, isLoading: true, error: undefined })
      oneMore.begin()
    }
    function reload() {
      oneMore.end()
      const { items } = shown.current
      setState({ ...shown.current, isLoading: items.length === 0, error: undefined })
      all.again()
    }
    return {
      ...{ all, more, reload },
      retry: () => (hasMoreFailed ? more() : reload()),
      poll() {
        if (!shown.current.isLoading) all.poll()
      },
      end() {
        all.end()
        oneMore.end()
      },
    }
  }, [url])
  useEffect(() => {
    reading.all.begin()
    return reading.end
  }, [reading])
  usePolls(reading.poll, everyMs)

  const { items, next, isLoading, error } = shown.current
  return {
    ...{ items, isLoading, error, hasMore: next !== null },
    ...{ more: reading.more, reload: reading.reload, retry: reading.retry },
  }
}
