import type { ComponentChildren } from 'preact'
import { formatSize } from '../../../../src/platform/units.ts'
import { placesOf } from './curve-places.ts'
import type { CurvePoint } from './use-curve.ts'

/** The bytes that each value frees, as a curve above a slider. The slider says the same in words. */
export function CurveView({
  values,
  points,
  at,
  configured,
  isLoading,
  children,
}: {
  values: readonly string[]
  points: readonly CurvePoint[] | undefined
  /** The place of the value that is chosen, and of the configured one. */
  at: number
  configured: number
  isLoading: boolean | undefined
  children: ComponentChildren
}) {
  const places = placesOf((points ?? []).map(({ bytes }) => bytes))
  const line = places.map(({ x, y }) => `${x},${y}`).join(' ')
  const most = Math.max(0, ...(points ?? []).map(({ bytes }) => bytes))
  const left = (n: number) => ({ left: `${values.length < 2 ? 50 : (100 * n) / (values.length - 1)}%` })
  return (
    <div class="curve">
      <div class="curve-plot" aria-hidden="true">
        <span class="curve-most">{points ? formatSize(most) : ''}</span>
        <div class="curve-inner">
          {isLoading && <div class="curve-wait" />}
          {points && (
            <svg viewBox="0 0 100 100" preserveAspectRatio="none">
              <title>Bytes freed</title>
              <polygon points={`0,100 ${line} 100,100`} />
              <polyline points={line} />
            </svg>
          )}
          {places.map(({ y }, n) => (
            <i
              key={values[n]}
              class={n === at ? 'curve-dot here' : 'curve-dot'}
              style={{ ...left(n), top: `${y}%` }}
            />
          ))}
        </div>
      </div>
      {children}
      <div class="curve-values" aria-hidden="true">
        {values.map((value, n) => (
          <span
            key={value}
            style={left(n)}
            class={n === configured ? 'configured' : Math.abs(n - configured) % 2 === 1 ? 'minor' : ''}
          >
            {value}
          </span>
        ))}
      </div>
    </div>
  )
}
