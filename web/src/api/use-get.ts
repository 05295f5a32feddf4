import { useEffect, useMemo, useState } from 'preact/hooks'
import { oneAtATime } from './one-at-a-time.ts'
import { type Answer, ApiError, type Asked, get, type PathOf, urlOf } from './request.ts'
import { usePolls } from './use-polls.ts'

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

type State<T> = Omit<Resource<T>, 'reload'> & { url: string | undefined }
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
  const [state, setState] = useState<State<Answer<P>>>({ ...NOTHING, url })
  const reading = useMemo(
    () =>
      oneAtATime(async (signal) => {
        if (path === undefined) return
        // Of another question, what the last one was answered is not shown.
        setState((last) => (last.url === url ? { ...last, isLoading: true } : { ...NOTHING, url }))
        try {
          const data = await get(path, { ...asked, signal } as Asked<P, 'get'>)
          if (!signal.aborted) setState({ data, error: undefined, isLoading: false, readAt: Date.now(), url })
        } catch (error) {
          if (signal.aborted) return
          const told = error instanceof ApiError ? error : new ApiError(0, String(error))
          setState((last) => ({ ...last, error: told, isLoading: false, url }))
        }
      }),
    [url],
  )
  useEffect(() => {
    reading.begin()
    return reading.end
  }, [reading])
  usePolls(reading.poll, everyMs)

  const { url: of, ...resource } = state
  return { ...(of === url ? resource : NOTHING), reload: reading.again }
}
