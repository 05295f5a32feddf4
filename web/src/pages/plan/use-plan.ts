import { useEffect, useState } from 'preact/hooks'
import { readLines } from '../../api/read-lines.ts'
import { ApiError, urlOf } from '../../api/request.ts'
import type { WrittenPolicy } from './plan-numbers.ts'
import { NOTHING_READ, type PlanLine, type PlanReading, readMore } from './plan-reading.ts'

/** When the page first shows what has arrived, in ms; and by how much longer it waits each time, since a long list takes longer to show. */
const SHOW_MS = 250
const SHOW_LATER = 1.5

export interface Planned {
  plan: PlanReading
  error: ApiError | undefined
  isReading: boolean
  reload: () => void
}

/** Reads the plan of a configured policy, or of one that is given as it could stand in the configuration. */
export function usePlan(
  policy: string | undefined,
  project: string | undefined,
  given: WrittenPolicy | undefined,
): Planned {
  const [state, setState] = useState<Omit<Planned, 'reload'>>({
    plan: NOTHING_READ,
    error: undefined,
    isReading: true,
  })
  const [turn, setTurn] = useState(0)
  const body = given === undefined ? undefined : { policy: given }
  const url = policy && urlOf('/v1/expiry/plan', {}, { ...(body === undefined && { policy }), project })
  const asked = JSON.stringify(body)

  useEffect(() => {
    if (!url) return
    const stop = new AbortController()
    async function read(from: string): Promise<void> {
      let plan: PlanReading = { ...NOTHING_READ, goes: [], stays: [] }
      setState({ plan, error: undefined, isReading: true })
      const beganAt = Date.now()
      let showAfter = SHOW_MS
      for await (const lines of readLines<PlanLine>(from, { body, signal: stop.signal })) {
        plan = readMore(plan, lines)
        if (plan.isCut) break
        if (Date.now() - beganAt < showAfter) continue
        showAfter = (Date.now() - beganAt) * SHOW_LATER
        setState({ plan, error: undefined, isReading: true })
      }
      const isWhole = plan.end !== undefined || plan.isCut
      const error = isWhole ? undefined : new ApiError(0, 'the plan was cut off')
      setState({ plan, error, isReading: false })
    }
    read(url).catch((error: Error) => {
      if (stop.signal.aborted) return
      const told = error instanceof ApiError ? error : new ApiError(0, error.message)
      setState(({ plan }) => ({ plan, error: told, isReading: false }))
    })
    return () => stop.abort()
  }, [url, asked, turn])

  return { ...state, reload: () => setTurn((last) => last + 1) }
}
