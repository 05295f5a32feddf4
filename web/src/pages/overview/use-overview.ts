import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError, get } from '../../api/request.ts'
import { type Overview, overviewOf, withChange } from './rows.ts'

/** The service sends something every 15 s. After this long without it, in ms, the connection is dead. */
const DEAD_MS = 45_000

/** How long it waits before it reads all again after live updates ended for good, in ms. */
const AGAIN_MS = 5_000

export interface LiveOverview {
  data: Overview | undefined
  /** Why it could not be read. `data` is what was read before. */
  error: ApiError | undefined
  /** When `data` was true last, epoch ms. */
  readAt: number | undefined
  /** `lost`: changes do not come any more, and it is tried again. */
  live: 'connecting' | 'live' | 'lost'
  reload: () => void
}

/** Reads the overview, and then what changes in it as the service sends it. */
export function useOverview(): LiveOverview {
  const [state, setState] = useState<Omit<LiveOverview, 'reload'>>({
    ...{ data: undefined, error: undefined, readAt: undefined, live: 'connecting' },
  })
  const [turn, setTurn] = useState(0)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  useEffect(() => {
    const stop = new AbortController()
    let source: EventSource | undefined
    const again = () => {
      source?.close()
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setTurn((last) => last + 1), AGAIN_MS)
    }
    let dead: ReturnType<typeof setTimeout> | undefined
    const isAlive = () => {
      clearTimeout(dead)
      dead = setTimeout(() => {
        setState((last) => ({ ...last, live: 'lost' }))
        again()
      }, DEAD_MS)
      setState((last) => ({ ...last, live: 'live', readAt: Date.now() }))
    }
    const listen = (version: string) => {
      source = new EventSource(`/v1/overview/live?since=${encodeURIComponent(version)}`)
      source.onopen = isAlive
      source.addEventListener('beat', isAlive)
      source.onerror = () => {
        setState((last) => ({ ...last, live: 'lost' }))
        // Otherwise the browser tries again by itself.
        if (source?.readyState === EventSource.CLOSED) again()
      }
      source.addEventListener('change', ({ data }) => {
        const change = JSON.parse(data)
        isAlive()
        setState((last) => ({ ...last, error: undefined, data: last.data && withChange(last.data, change) }))
      })
      source.addEventListener('reset', () => {
        source?.close()
        setTurn((last) => last + 1)
      })
    }
    get('/v1/overview', { signal: stop.signal }).then(
      (answer) => {
        const read = { data: overviewOf(answer), error: undefined, readAt: Date.now() }
        // It stays lost until something comes.
        setState(({ live }) => ({ ...read, live: live === 'lost' ? 'lost' : 'connecting' }))
        listen(answer.version)
      },
      (error: Error) => {
        if (stop.signal.aborted) return
        const told = error instanceof ApiError ? error : new ApiError(0, error.message)
        setState((last) => ({ ...last, error: told, live: 'lost' }))
        again()
      },
    )
    return () => {
      stop.abort()
      source?.close()
      clearTimeout(timer.current)
      clearTimeout(dead)
    }
  }, [turn])

  return { ...state, reload: () => setTurn((last) => last + 1) }
}
