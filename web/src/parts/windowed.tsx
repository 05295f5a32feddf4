import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { TableBox } from './table-box.tsx'
import './windowed.css'

/** Rows above and below the ones that are seen, so that scrolling shows no gap. */
const SPARE = 6

/** A list that scrolls by itself and draws only the rows that are seen: 100,000 of them cost as much as 20. `rowPx`: the height of each. */
export function Windowed<T>({
  label,
  items,
  rowPx,
  keyOf,
  children,
}: {
  label: string
  items: readonly T[]
  rowPx: number
  keyOf: (item: T) => string
  children: (item: T) => ComponentChildren
}) {
  const box = useRef<HTMLElement>(null)
  const [seen, setSeen] = useState({ from: 0, count: 20 })
  const look = () => {
    const { scrollTop = 0, clientHeight = 600 } = box.current ?? {}
    const from = Math.max(0, Math.floor(scrollTop / rowPx) - SPARE)
    const count = Math.ceil(clientHeight / rowPx) + 2 * SPARE
    setSeen((last) => (last.from === from && last.count === count ? last : { from, count }))
  }
  useEffect(look, [rowPx])
  const from = Math.min(seen.from, Math.max(0, items.length - seen.count))
  return (
    <TableBox box={box} class="windowed" label={label} onScroll={look}>
      <ol style={{ height: `${items.length * rowPx}px` }}>
        {items.slice(from, from + seen.count).map((item, n) => (
          <li
            key={keyOf(item)}
            aria-setsize={items.length}
            aria-posinset={from + n + 1}
            style={{ top: `${(from + n) * rowPx}px`, height: `${rowPx}px` }}
          >
            {children(item)}
          </li>
        ))}
      </ol>
    </TableBox>
  )
}
