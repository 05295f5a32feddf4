import { useEffect, useRef, useState } from 'preact/hooks'
import { type Answer, ApiError, type Asked, get, type PathOf, urlOf } from './request.ts'

/** Something that is read from the API, and may be read again. */
export interface Resource<T> {
  /** As it was read last; undefined before it was read. It stays while it is read again, and if that fails. */
  data: T | undefined
  /** Why the last reading failed; undefined if it did not. */
  error: ApiError | undefined
  isLoading: boolean
  /** When `data` was read, epoch ms. */
  readAt: number | undefined
  reload: () => void
}

type State<T> = Omit<Resource<T>, 'reload'>
const NOTHING = { data: undefined, error: undefined, isLoading: true, readAt: undefined }

/**
 * Reads from the API, and reads again whenever the question changes, every `everyMs`, and on `reload`. While the page is hidden it
 * does not read again by itself. Without a path it reads nothing.
 */
export function useGet<P extends PathOf<'get'>>(
  path: P | undefined,
  asked: Omit<Asked<P, 'get'>, 'signal' | 'body'> = {},
  { everyMs }: { everyMs?: number } = {},
): Resource<Answer<P>> {
  const url = path === undefined ? undefined : urlOf(path, Object(asked.path), asked.query)
  const [state, setState] = useState<State<Answer<P>> & { url?: string | undefined }>(NOTHING)
  const [turn, setTurn] = useState(0)
  const shown = useRef(url)

  useEffect(() => {
    if (path === undefined || url === undefined) return
    const stop = new AbortController()
    // Another question: what the last one was answered is not shown for it.
    if (shown.current !== url) setState(NOTHING)
    else setState((last) => ({ ...last, isLoading: true }))
    shown.current = url
    get(path, { ...asked, signal: stop.signal } as Asked<P, 'get'>).then(
      (data) => setState({ data, error: undefined, isLoading: false, readAt: Date.now(), url }),
      (error: Error) => {
        if (stop.signal.aborted) return
        const told = error instanceof ApiError ? error : new ApiError(0, error.message)
        setState((last) => ({ ...last, error: told, isLoading: false, url }))
      },
    )
    return () => stop.abort()
  }, [url, turn])

  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => {
      if (!document.hidden) setTurn((last) => last + 1)
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])

  const { url: _, ...resource } = state.url !== undefined && state.url !== url ? { ...NOTHING, url } : state
  return { ...resource, reload: () => setTurn((last) => last + 1) }
}
