import type uPlot from 'uplot'
import { formatSize } from '../../../src/platform/units.ts'
import { drawMarks } from './timeline-marks.ts'
import type { TimelineProps } from './timeline-props.ts'
import { spanOf } from './timeline-time.ts'

const FONT = '12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'

/** Steps of an axis of bytes: round numbers of KiB, MiB and so on. */
export const BYTE_STEPS: number[] = Array.from({ length: 6 }, (_, power) =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].map((step) => step * 1024 ** power),
).flat()

/** A line of fewer values shows each of them: one alone would not be seen. */
const FEW = 8

const DAY_S = 86_400

/** A time on the axis, whose marks are `stepS` apart: the hour, the day, or the month. `at` and `stepS` in s. */
export function axisTime(at: number, stepS: number): string {
  const date = new Date(at * 1000)
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0
  if (stepS < DAY_S && !isMidnight)
    return date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return date.toLocaleDateString(undefined, {
    ...(stepS < 28 * DAY_S ? { day: 'numeric', month: 'short' } : { month: 'short', year: 'numeric' }),
  })
}

/** How uPlot draws a timeline. `colourOf` gives a custom property as a colour; `point` is told which time is pointed at. */
export function optionsOf(
  { times, lines, band, marks = [], format = formatSize }: TimelineProps,
  size: { width: number; height: number },
  colourOf: (property: string) => string,
  point: (at: number | undefined) => void,
): uPlot.Options {
  const [soft, line, paper] = [colourOf('--soft'), colourOf('--line'), colourOf('--surface')]
  const axis = { stroke: soft, font: FONT, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return {
    ...size,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { range: () => spanOf(times) },
      y: { range: (_, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        values: (_, splits, _axis, _space, stepS) => splits.map((at) => axisTime(at, stepS)),
      },
      {
        ...axis,
        size: 72,
        values: (_, splits) => splits.map((split) => (split === 0 ? '0' : format(split))),
        ...(format === formatSize && { incrs: BYTE_STEPS }),
      },
    ],
    series: [
      { label: 'Time' },
      ...lines.map(({ label, colour, isDashed, isFilled }) => ({
        ...{ label, stroke: colourOf(colour), width: 2, points: { show: times.length < FEW } },
        ...(isDashed && { dash: [6, 5], width: 1.5 }),
        ...(isFilled && { fill: faded(colourOf(colour), 0.14) }),
      })),
      ...(band
        ? ['at most', 'at least'].map((which) => ({
            ...{ label: `${band.label}, ${which}`, stroke: 'transparent', points: { show: false } },
          }))
        : []),
    ],
    ...(band && {
      bands: [
        {
          series: [lines.length + 1, lines.length + 2] as [number, number],
          fill: faded(colourOf(band.colour), 0.22),
        },
      ],
    }),
    hooks: {
      draw: [(plot) => drawMarks(plot, marks, { ink: soft, paper })],
      setCursor: [({ cursor }) => point(cursor.idx ?? undefined)],
    },
  }
}

/** `rgb(1, 2, 3)`, as browsers compute colours, with an opacity. */
export const faded = (colour: string, opacity: number): string =>
  colour.replace(/^rgba?\((\d+), (\d+), (\d+).*\)$/, `rgba($1, $2, $3, ${opacity})`)
