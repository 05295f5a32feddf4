import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useScheme } from '../../parts/use-scheme.ts'
import { draw } from './draw.ts'
import { type Arrow, type Cell, cellAt, makeLayout, neighbour } from './layout.ts'
import { type Colour, SIZES, type Size } from './measures.ts'
import { factsOf, titleOf } from './node-text.ts'
import { Outline, Tip } from './tip.tsx'
import { childToward, type Node } from './tree.ts'

const HELP =
  'Arrow keys move between cells, Enter zooms in, Escape zooms out. The table has the same numbers.'

/**
 * What is below a node, as rectangles on a canvas: thousands of elements would be slow. `revision`: another number if the numbers of
 * the nodes changed.
 */
export function Treemap({
  top,
  size,
  colour,
  revision,
  zoom,
}: {
  top: Node
  size: Size
  colour: Colour
  revision: number
  zoom: (node: Node) => void
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const [[width, height], setSize] = useState<[number, number]>([0, 0])
  const [hovered, setHovered] = useState<{ cell: Cell; x: number; y: number }>()
  const [focused, setFocused] = useState<string>()
  const [hasFocus, setHasFocus] = useState(false)
  const scheme = useScheme()
  const bytesOf = SIZES[size].of
  const layOut = useMemo(() => makeLayout(top, bytesOf), [top, top.children, bytesOf])
  const cells = useMemo(() => layOut(width, height), [layOut, width, height, revision])
  const first = cells.filter(({ depth }) => depth === 1)
  const active = first.find(({ node }) => node.path === focused) ?? first[0]
  const here = hasFocus ? active : undefined

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      if (entry) setSize([Math.floor(entry.contentRect.width), Math.floor(entry.contentRect.height)])
    })
    if (box.current) watch.observe(box.current)
    return () => watch.disconnect()
  }, [])

  useEffect(() => setHovered(undefined), [top])

  useEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false })
    if (!context || width === 0) return
    context.canvas.width = width * devicePixelRatio
    context.canvas.height = height * devicePixelRatio
    const font = getComputedStyle(context.canvas).fontFamily
    draw(context, cells, { colour, scheme, now: Date.now(), bytesOf, font })
    // One mark at a time: the browser keeps each until it is cleared.
    performance.clearMarks('overview-drawn')
    performance.mark('overview-drawn')
  }, [cells, colour, scheme, width, height])

  const pointAt = ({ offsetX, offsetY }: MouseEvent) => {
    const cell = cellAt(cells, offsetX, offsetY)
    setHovered(cell && { cell, x: offsetX, y: offsetY })
  }
  const enter = (node: Node | undefined) => {
    const next = node && childToward(top, node)
    if (next && next.kind !== 'repository') zoom(next)
  }
  const press = (event: KeyboardEvent) => {
    const { key } = event
    if (key.startsWith('Arrow') && active)
      setFocused(neighbour(first, active, key as Arrow)?.node.path ?? active.node.path)
    else if (key === 'Home' || key === 'End') setFocused(first.at(key === 'Home' ? 0 : -1)?.node.path)
    else if (key === 'Enter') enter(active?.node)
    else if ((key === 'Escape' || key === 'Backspace') && top.parent) zoom(top.parent)
    else return
    event.preventDefault()
  }
  const told = hovered?.cell ?? here
  const isEmpty = cells.length === 0 && width > 0

  return (
    <div
      class="treemap"
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is operated with the arrow keys, as its role says
      tabIndex={0}
      role="application"
      aria-roledescription="treemap"
      aria-label={`${SIZES[size].name} below ${titleOf(top)}: ${first.length} cells`}
      aria-describedby="treemap-help"
      onFocus={(event) => setHasFocus(event.currentTarget.matches(':focus-visible'))}
      onBlur={() => setHasFocus(false)}
      onKeyDown={(event) => {
        setHasFocus(true)
        press(event)
      }}
    >
      <canvas
        ref={canvas}
        style={{ width: `${width}px`, height: `${height}px` }}
        onMouseMove={pointAt}
        onMouseLeave={() => setHovered(undefined)}
        onClick={(event) => enter(cellAt(cells, event.offsetX, event.offsetY)?.node)}
      />
      {isEmpty && <p class="treemap-empty">{emptyText(size)}</p>}
      {hovered && <Outline cell={hovered.cell} />}
      {here && <Outline cell={here} isFocus />}
      {told && (
        <Tip
          node={told.node}
          x={hovered ? hovered.x : told.x + Math.min(told.width / 2, 60)}
          y={hovered ? hovered.y : told.y + Math.min(told.height / 2, 40)}
          box={[width, height]}
        />
      )}
      <p id="treemap-help" class="unseen">
        {HELP}
      </p>
      <p class="unseen" aria-live="polite">
        {here && `${titleOf(here.node)}: ${factsOf(here.node, Date.now()).join(', ')}`}
      </p>
    </div>
  )
}

const emptyText = (size: Size): string =>
  size === 'reclaimable'
    ? 'As far as is known, expiry would free nothing here.'
    : 'Nothing here holds any bytes.'
