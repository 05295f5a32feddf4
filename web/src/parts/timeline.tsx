import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatSize } from '../../../src/platform/units.ts'
import { theme } from '../theme.ts'
import { optionsOf } from './timeline-options.ts'
import './timeline.css'

type Values = readonly (number | null)[]

export interface TimelineLine {
  label: string
  /** The custom property of a colour, such as `--series-1`. */
  colour: string
  /** One for each time; null where there is none. */
  values: Values
  isDashed?: boolean
  isFilled?: boolean
}

export interface TimelineMark {
  /** epoch s */
  at: number
  text: string
}

export interface TimelineProps {
  /** What it shows, for those who do not see it: one sentence. */
  label: string
  /** epoch s, in order. */
  times: readonly number[]
  lines: readonly TimelineLine[]
  /** Between what values most likely are. */
  band?: { label: string; colour: string; low: Values; high: Values } | undefined
  /** Moments that explain a step. */
  marks?: readonly TimelineMark[]
  /** CSS pixels. */
  height?: number
  format?: (value: number) => string
}

/** Values over time, as a drawing and as a table. */
export function Timeline(props: TimelineProps) {
  const { label, times, lines, band, height = 230 } = props
  const box = useRef<HTMLDivElement>(null)
  const turn = useScheme()
  const data = useMemo(
    () => [times, ...lines.map(({ values }) => values), ...(band ? [band.high, band.low] : [])],
    [times, lines, band],
  )
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const colourOf = (property: string) => readColour(element, property)
    const size = () => ({ width: element.clientWidth, height })
    const plot = new uPlot(optionsOf(props, size(), colourOf), data as uPlot.AlignedData, element)
    const resized = new ResizeObserver(() => plot.setSize(size()))
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
    }
  }, [data, props.marks, height, turn, theme.value])
  return (
    <figure class="timeline">
      <div ref={box} class="timeline-box" style={{ minHeight: `${height}px` }} aria-hidden="true" />
      <figcaption>
        <span class="unseen">{label}</span>
        <AsTable {...props} />
      </figcaption>
    </figure>
  )
}

function AsTable({ times, lines, label, format = formatSize }: TimelineProps) {
  const [isOpen, setOpen] = useState(false)
  const cell = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : format(value)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, the keyboard cannot scroll it
        <section class="timeline-table" aria-label={label} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {lines.map((line) => (
                  <th key={line.label} scope="col" class="number">
                    {line.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((at, i) => (
                <tr key={at}>
                  <th scope="row">{new Date(at * 1000).toLocaleString()}</th>
                  {lines.map((line) => (
                    <td key={line.label} class="number">
                      {cell(line.values[i])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  )
}

/** A number that changes when the browser goes from light to dark, or back: a drawing has its colours from when it was drawn. */
function useScheme(): number {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const change = () => setTurn((last) => last + 1)
    dark.addEventListener('change', change)
    return () => dark.removeEventListener('change', change)
  }, [])
  return turn
}

/** A colour as the canvas takes it: a custom property may be `light-dark(…)`. */
function readColour(within: HTMLElement, property: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  within.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
