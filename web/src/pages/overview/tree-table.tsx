// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by their position, since only those in sight are made. Rows of a table cannot be.
// biome-ignore-all lint/a11y/useFocusableInteractive: rows have the focus, not their cells.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { titleOf } from './node-text.ts'
import { flatRows, type Order, type Sort, tableRows } from './table-rows.ts'
import { type Node, projectsIn } from './tree.ts'
import { ROW, Row } from './tree-row.tsx'

const MORE = 6

const COLUMNS: { sort: Sort; name: string; isNumber?: boolean }[] = [
  { sort: 'name', name: 'Name' },
  { sort: 'unique', name: 'Unique', isNumber: true },
  { sort: 'exclusive', name: 'Exclusive', isNumber: true },
  { sort: 'growth', name: '7 days', isNumber: true },
  { sort: 'frees', name: 'Frees', isNumber: true },
  { sort: 'used', name: 'Used', isNumber: true },
  { sort: 'flag', name: 'Quota' },
]

/** The same as the treemap, in rows that can be sorted: groups that open, or all projects in one list. */
export function TreeTable({
  top,
  order,
  setOrder,
  isFlat,
  revision,
  zoom,
}: {
  top: Node
  order: Order
  setOrder: (order: Order) => void
  isFlat: boolean
  revision: number
  zoom: (node: Node) => void
}) {
  const box = useRef<HTMLDivElement>(null)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [{ from, count }, setWindow] = useState({ from: 0, count: 30 })
  const [active, setActive] = useState(0)
  const wantsFocus = useRef(false)
  const rows = useMemo(
    () =>
      isFlat && top.kind !== 'project'
        ? flatRows(projectsIn(top), order)
        : tableRows(top, order, ({ path }) => opened.has(path)),
    [top, top.children, order, isFlat, opened, revision],
  )
  const look = () => {
    if (!box.current) return
    const { scrollTop, clientHeight } = box.current
    const first = Math.max(0, Math.floor(scrollTop / ROW) - MORE)
    const seen = Math.ceil(clientHeight / ROW) + 2 * MORE
    setWindow((last) => (last.from === first && last.count === seen ? last : { from: first, count: seen }))
  }

  useEffect(() => {
    box.current?.scrollTo({ top: 0 })
    setActive(0)
    look()
    // A tree that is made anew, since a project came, is the same place.
  }, [top.path, isFlat, order])
  useEffect(() => {
    if (!wantsFocus.current) return
    wantsFocus.current = false
    box.current?.querySelector<HTMLElement>(`[data-row="${active}"]`)?.focus({ preventScroll: true })
  })

  const toggle = ({ path }: Node) =>
    setOpened((last) => {
      const next = new Set(last)
      if (!next.delete(path)) next.add(path)
      return next
    })
  const goTo = (n: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, n))
    wantsFocus.current = true
    setActive(to)
    if (!box.current) return
    const { scrollTop, clientHeight } = box.current
    const head = ROW
    if (to * ROW < scrollTop) box.current.scrollTop = to * ROW
    else if ((to + 1) * ROW + head > scrollTop + clientHeight)
      box.current.scrollTop = (to + 1) * ROW + head - clientHeight
  }
  const press = (event: KeyboardEvent) => {
    const row = rows[active]
    if (row === undefined) return
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW) - 2)
    const steps: Record<string, number> = {
      ...{ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page },
      ...{ Home: -rows.length, End: rows.length },
    }
    const step = steps[event.key]
    if (step !== undefined) goTo(active + step)
    else if (event.key === 'ArrowRight' && row.isOpen === false) toggle(row.node)
    else if (event.key === 'ArrowLeft' && row.isOpen === true) toggle(row.node)
    else if (event.key === 'ArrowLeft')
      goTo(rows.findLastIndex((one, n) => n < active && one.level < row.level))
    else if (event.key === 'Enter' && row.node.kind !== 'repository') zoom(row.node)
    else return
    event.preventDefault()
  }
  const shown = rows.slice(from, from + count)

  return (
    <div class="tree-box" ref={box} onScroll={look}>
      <div
        class="tree"
        role="treegrid"
        aria-label={`What is below ${titleOf(top)}`}
        aria-rowcount={rows.length + 1}
        aria-colcount={COLUMNS.length}
      >
        <div class="tree-row tree-head" role="row" aria-rowindex={1}>
          {COLUMNS.map(({ sort, name, isNumber }) => (
            <div
              key={sort}
              role="columnheader"
              class={isNumber ? 'number' : ''}
              aria-sort={order.sort !== sort ? 'none' : order.isDown ? 'descending' : 'ascending'}
            >
              <button
                type="button"
                onClick={() =>
                  setOrder({ sort, isDown: order.sort === sort ? !order.isDown : sort !== 'name' })
                }
              >
                {name}
                {order.sort === sort && <span aria-hidden="true">{order.isDown ? ' ▾' : ' ▴'}</span>}
              </button>
            </div>
          ))}
        </div>
        {/* Not around the heads: Enter sorts there. */}
        <div role="rowgroup" class="tree-rows" style={{ height: `${rows.length * ROW}px` }} onKeyDown={press}>
          {shown.map((row, n) => (
            <Row
              key={`${row.node.kind} ${row.node.path}`}
              {...{ row, n: from + n, isActive: from + n === active, isFlat, top, toggle, zoom }}
              focus={() => setActive(from + n)}
            />
          ))}
        </div>
      </div>
      {rows.length === 0 && <p class="hint tree-none">Nothing is here.</p>}
    </div>
  )
}
