import { useEffect, useState } from 'preact/hooks'
import { type Answer, ApiError, post } from '../../api/request.ts'
import type { RuleNumber, WrittenPolicy } from './plan-numbers.ts'

export type CurvePoint = Answer<'/v1/expiry/curve', 'post'>['points'][number]

/** What each value of a number of a policy frees. */
export function useCurve(
  policy: WrittenPolicy,
  number: RuleNumber | undefined,
  values: readonly string[],
  project: string | undefined,
) {
  const [state, setState] = useState<{
    points?: readonly CurvePoint[]
    error?: ApiError
    isLoading: boolean
  }>({ isLoading: false })
  const asked = JSON.stringify([policy, number, values, project])
  useEffect(() => {
    if (number === undefined) return
    const { rule, key } = number
    const stop = new AbortController()
    setState({ isLoading: true })
    const typed = key === 'newest' ? values.map(Number) : [...values]
    post('/v1/expiry/curve', {
      body: { policy, rule, key, values: typed, ...(project && { project }) },
      signal: stop.signal,
    }).then(
      ({ points }) => setState({ points, isLoading: false }),
      (error: Error) => {
        if (stop.signal.aborted) return
        setState({
          error: error instanceof ApiError ? error : new ApiError(0, error.message),
          isLoading: false,
        })
      },
    )
    return () => stop.abort()
  }, [asked])
  return state
}
