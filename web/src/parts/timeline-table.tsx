import { useState } from 'preact/hooks'
import { formatSize } from '../../../src/platform/units.ts'
import type { TimelineProps } from './timeline-props.ts'

/** The values of a timeline as a table, which is made once somebody opens it. */
export function TimelineTable({ times, lines, label, marks = [], format = formatSize }: TimelineProps) {
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
          {marks.length > 0 && (
            <ul>
              {marks.map(({ at, text }) => (
                <li key={`${at} ${text}`}>
                  {new Date(at * 1000).toLocaleString()}: {text}
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
    </details>
  )
}
