import { Said } from '../../parts/said.tsx'
import type { Cell } from './layout.ts'
import { factsOf } from './node-text.ts'
import type { Node } from './tree.ts'

/** Around a cell that is pointed at, or that has the focus. */
export const Outline = ({
  cell: { x, y, width, height },
  isFocus = false,
}: {
  cell: Cell
  isFocus?: boolean
}) => (
  <div
    class={isFocus ? 'treemap-outline is-focus' : 'treemap-outline'}
    style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}
  />
)

const WIDTH = 270

/** The numbers of a cell, beside the pointer. Screen readers get them as text. */
export function Tip({
  node,
  x,
  y,
  box: [width, height],
}: {
  node: Node
  x: number
  y: number
  box: [number, number]
}) {
  const left = Math.max(0, Math.min(x + 14, width - WIDTH))
  const isLow = y > height / 2
  return (
    <div
      class="treemap-tip"
      aria-hidden="true"
      style={{
        ...{ left: `${left}px`, width: `${Math.min(WIDTH, width)}px` },
        ...(isLow ? { bottom: `${height - y + 12}px` } : { top: `${y + 16}px` }),
      }}
    >
      <strong>
        <Said text={node.path} />
      </strong>
      {factsOf(node, Date.now()).map((fact) => (
        <div key={fact}>{fact}</div>
      ))}
    </div>
  )
}
