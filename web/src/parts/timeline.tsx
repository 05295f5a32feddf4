import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { TimelineLegend } from './timeline-legend.tsx'
import { optionsOf } from './timeline-options.ts'
import type { TimelineProps } from './timeline-props.ts'
import { TimelineTable } from './timeline-table.tsx'
import { useScheme } from './use-scheme.ts'
import './timeline.css'

/** Values over time, as a drawing and as a table. */
export function Timeline(props: TimelineProps) {
  const { label, times, lines, band, height = 230 } = props
  const box = useRef<HTMLDivElement>(null)
  const scheme = useScheme()
  const [pointed, setPointed] = useState<number>()
  const data = useMemo(
    () => [times, ...lines.map(({ values }) => values), ...(band ? [band.high, band.low] : [])],
    [times, lines, band],
  )
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const colourOf = (property: string) => readColour(element, property)
    const size = () => ({ width: element.clientWidth, height })
    const plot = new uPlot(optionsOf(props, size(), colourOf, setPointed), data as uPlot.AlignedData, element)
    const resized = new ResizeObserver(() => plot.setSize(size()))
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
    }
  }, [data, props.marks, height, scheme])
  return (
    <figure class="timeline">
      <div ref={box} class="timeline-box" style={{ minHeight: `${height}px` }} aria-hidden="true" />
      <figcaption>
        <span class="unseen">{label}</span>
        <TimelineLegend {...props} pointed={pointed} />
        <TimelineTable {...props} />
      </figcaption>
    </figure>
  )
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
