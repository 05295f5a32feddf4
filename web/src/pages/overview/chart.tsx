import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatSize } from '../../../../src/platform/units.ts'
import type { ChartData } from './chart-data.ts'
import type { Scheme } from './colours.ts'
import type { Mark } from './marks.ts'
import { useScheme } from './use-scheme.ts'

const HEIGHT = 280
/** A line of fewer values shows each of them: one alone would not be seen. */
const FEW = 8
const INK: Record<
  Scheme,
  Record<'stored' | 'fill' | 'shared' | 'quota' | 'band' | 'text' | 'grid' | 'mark' | 'paper', string>
> = {
  light: {
    ...{ stored: '#0b6bcb', fill: 'rgba(11, 107, 203, 0.12)', shared: '#1a7f4b', quota: '#c0262d' },
    ...{
      band: 'rgba(11, 107, 203, 0.16)',
      text: '#566273',
      grid: '#e3e8ee',
      mark: '#566273',
      paper: '#ffffff',
    },
  },
  dark: {
    ...{ stored: '#5aa9ff', fill: 'rgba(90, 169, 255, 0.14)', shared: '#4cc38a', quota: '#ff8a80' },
    ...{
      band: 'rgba(90, 169, 255, 0.2)',
      text: '#9ba7b8',
      grid: '#29303b',
      mark: '#9ba7b8',
      paper: '#181c23',
    },
  },
}

/** The line of what is stored, with its forecast and marks. `label`: what it shows, for screen readers; the page has the numbers as text. */
export function Chart({
  data,
  marks,
  showsShared,
  label,
}: {
  data: ChartData
  marks: readonly Mark[]
  showsShared: boolean
  label: string
}) {
  const box = useRef<HTMLDivElement>(null)
  const scheme = useScheme()
  useEffect(() => {
    if (!box.current) return
    const ink = INK[scheme]
    const { times, stored, shared, quota, low, middle, high } = data
    const plot = new uPlot(
      {
        ...{ width: box.current.clientWidth, height: HEIGHT },
        legend: { show: false },
        cursor: { y: false, points: { size: 7 } },
        scales: {
          x: { time: true, range: () => spanOf(times) },
          y: { range: (_, __, max) => [0, (max || 1) * 1.08] },
        },
        axes: [
          {
            ...{
              stroke: ink.text,
              grid: { show: false },
              ticks: { stroke: ink.grid },
              space: 60,
              incrs: STEPS,
            },
            values: (_, splits) => splits.map(dayText),
          },
          {
            ...{ stroke: ink.text, grid: { stroke: ink.grid, width: 1 }, ticks: { show: false }, size: 74 },
            values: (_, splits) => splits.map((split) => (split === 0 ? '0' : formatSize(split))),
            splits: (_, __, ___, max) => binarySplits(max),
          },
        ],
        series: [
          {},
          {
            label: 'stored',
            stroke: ink.stored,
            fill: ink.fill,
            width: 2,
            points: { show: times.length < FEW },
          },
          { label: 'shared', stroke: ink.shared, width: 1.5, show: showsShared, points: { show: false } },
          { label: 'quota', stroke: ink.quota, width: 1.5, dash: [7, 4], points: { show: false } },
          { label: 'at least', points: { show: false } },
          { label: 'forecast', stroke: ink.stored, width: 1.5, dash: [3, 4], points: { show: false } },
          { label: 'at most', points: { show: false } },
        ],
        bands: [{ series: [6, 4], fill: ink.band }],
        hooks: {
          draw: [(plot) => drawMarks(plot, marks, ink)],
          setCursor: [(plot) => tell(plot, box.current)],
        },
      },
      [times, stored, shared, quota, low, middle, high],
      box.current,
    )
    const watch = new ResizeObserver(([entry]) => {
      if (entry) plot.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT })
    })
    watch.observe(box.current)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [data, marks, scheme, showsShared])
  return (
    <div class="chart-frame">
      <div ref={box} class="chart" role="img" aria-label={label} />
      <p class="chart-tip hint" aria-hidden="true">
        &nbsp;
      </p>
    </div>
  )
}

/** The times that are shown, in epoch s: of a young line at least a week before its end. */
export function spanOf(times: readonly number[]): [number, number] {
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  return [Math.min(first, last - 7 * DAY_S), last]
}
const DAY_S = 86_400
/** Between two dates of the axis, in s: there is one value a day. */
const STEPS = [1, 2, 4, 7, 14, 30].map((days) => days * DAY_S)

const dayText = (at: number): string =>
  new Date(at * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })

/** At most six round sizes from 0 to `max`: 1, 2 or 5 times a power of ten, or a power of two, of a unit of 1,024. */
export function binarySplits(max: number): number[] {
  const unit = 1024 ** Math.max(0, Math.floor(Math.log(Math.max(1, max)) / Math.log(1024)))
  const steps = [0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 250, 500].map((step) => step * unit)
  const step = steps.find((one) => max / one <= 6) ?? max
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, n) => n * step)
}

/** A line with a number at each mark; the list below the chart has what it is. */
function drawMarks(plot: uPlot, marks: readonly Mark[], ink: (typeof INK)['light']): void {
  const { ctx, bbox } = plot
  const scale = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = ink.mark
  ctx.lineWidth = scale
  ctx.font = `600 ${11 * scale}px ${getComputedStyle(plot.root).fontFamily}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  let lastX = Number.NEGATIVE_INFINITY
  let level = 0
  for (const [n, { at }] of marks.entries()) {
    const x = Math.round(plot.valToPos(at / 1000, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    // Marks that are near each other stand below each other.
    level = x - lastX < 20 * scale ? level + 1 : 0
    // The list has those for which there is no room.
    if (level > 6) continue
    if (level === 0) lastX = x
    const y = bbox.top + (9 + level * 19) * scale
    ctx.setLineDash([2 * scale, 3 * scale])
    ctx.beginPath()
    ctx.moveTo(x, y)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.setLineDash([])
    ctx.fillStyle = ink.paper
    ctx.beginPath()
    ctx.arc(x, y, 8.5 * scale, 0, 2 * Math.PI)
    ctx.fill()
    ctx.stroke()
    ctx.fillStyle = ink.mark
    ctx.fillText(String(n + 1), x, y + 0.5 * scale)
  }
  ctx.restore()
}

/** Says below the chart what is at the pointer. */
function tell(plot: uPlot, box: HTMLElement | null): void {
  const line = box?.parentElement?.querySelector('.chart-tip')
  if (!line) return
  const { idx } = plot.cursor
  const at = idx === null || idx === undefined ? undefined : plot.data[0][idx]
  if (at === undefined || idx === null || idx === undefined) {
    line.textContent = '\u00a0'
    return
  }
  const value = (n: number) => plot.data[n]?.[idx] ?? undefined
  const [stored, shared, quota, low, middle, high] = [1, 2, 3, 4, 5, 6].map(value)
  const parts = [
    new Date(at * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' }),
    ...(stored === undefined ? [] : [`stored ${formatSize(stored)}`]),
    ...(shared === undefined ? [] : [`shared ${formatSize(shared)}`]),
    ...(stored === undefined && low !== undefined && middle !== undefined && high !== undefined
      ? [`forecast ${formatSize(middle)} (${formatSize(low)} to ${formatSize(high)})`]
      : []),
    ...(quota === undefined ? [] : [`quota ${formatSize(quota)}`]),
  ]
  line.textContent = parts.join(' · ')
}
