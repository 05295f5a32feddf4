import { useState } from 'preact/hooks'
import { formatSize } from '../../../src/platform/units.ts'
import { Said } from './said.tsx'
import { TableBox } from './table-box.tsx'
import type { TimelineProps } from './timeline-props.ts'
import { timelineTime } from './timeline-time.ts'

/** The values of a timeline as a table, which is made once somebody opens it. Times without a value are gaps. */
export function TimelineTable({ times, lines, band, label, marks = [], format = formatSize }: TimelineProps) {
  const [isOpen, setOpen] = useState(false)
  const cell = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : format(value)
  const shown = [...times.keys()].filter((n) => lines.some(({ values }) => typeof values[n] === 'number'))
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The numbers as a table</summary>
      {isOpen && (
        <TableBox class="timeline-table" label={label}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {lines.map((line) => (
                  <th key={line.label} scope="col" class="number">
                    {line.label}
                  </th>
                ))}
                {band && (
                  <th scope="col" class="number">
                    {band.label}
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {shown.map((n) => (
                <tr key={n}>
                  <th scope="row">{timelineTime(times, times[n] ?? 0)}</th>
                  {lines.map((line) => (
                    <td key={line.label} class="number">
                      {cell(line.values[n])}
                    </td>
                  ))}
                  {band && (
                    <td class="number">
                      {typeof band.low[n] === 'number'
                        ? `${cell(band.low[n])} to ${cell(band.high[n])}`
                        : '–'}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
          {marks.length > 0 && (
            <ul>
              {marks.map(({ at, text }) => (
                <li key={`${at} ${text}`}>
                  {timelineTime(times, at)}: <Said text={text} />
                </li>
              ))}
            </ul>
          )}
        </TableBox>
      )}
    </details>
  )
}
