import { type HierarchyRectangularNode, hierarchy, treemap, treemapResquarify } from 'd3-hierarchy'
import type { Node } from './tree.ts'

/** A rectangle of the treemap, in CSS pixels. */
export interface Cell {
  node: Node
  x: number
  y: number
  width: number
  height: number
  /** Of the children of what is shown, 1. */
  depth: number
  /** Whether nothing is drawn in it. */
  isLeaf: boolean
}

/** The height of the name above the cells of a group. */
export const HEAD = 19

const shownChildren = (node: Node, top: Node): Node[] =>
  node.kind === 'project' && node !== top ? [] : node.children

/**
 * Makes the layout of what is below a node. Asked again, for other numbers or another size, it keeps each cell near its place: it holds
 * on to how d3 has put cells into rows. `bytesOf` gives what a leaf's area stands for.
 */
export function makeLayout(top: Node, bytesOf: (node: Node) => number) {
  const root = hierarchy<Node>(top, (node) => shownChildren(node, top))
  const isLeaf = (node: Node) => shownChildren(node, top).length === 0
  // The largest come first. Later, the order stays.
  const sum = () => root.sum((node) => (isLeaf(node) ? Math.max(0, bytesOf(node)) : 0))
  sum().sort((a, b) => (b.value ?? 0) - (a.value ?? 0))

  return function layOut(width: number, height: number): Cell[] {
    if (width <= 0 || height <= 0) return []
    const place = treemap<Node>()
      .tile(treemapResquarify)
      .size([width, height])
      .round(true)
      .paddingInner((node) => (node.depth === 0 && node.children?.some(({ children }) => children) ? 3 : 1))
      .paddingOuter((node) => (node.depth === 0 ? 0 : 1))
      .paddingTop((node) => (node.depth === 1 && hasHead(node) ? HEAD : node.depth === 0 ? 0 : 1))
    return place(sum())
      .descendants()
      .flatMap(({ data, x0, y0, x1, y1, depth, children }) =>
        depth === 0 || x1 - x0 < 0.5 || y1 - y0 < 0.5
          ? []
          : [{ node: data, x: x0, y: y0, width: x1 - x0, height: y1 - y0, depth, isLeaf: !children }],
      )
  }
}

/** Whether there is room for the name of a group. */
const hasHead = ({ x0, y0, x1, y1, children }: HierarchyRectangularNode<Node>): boolean =>
  children !== undefined && x1 - x0 > 56 && y1 - y0 > 48

/** The leaf at a point. */
export const cellAt = (cells: readonly Cell[], x: number, y: number): Cell | undefined =>
  cells.findLast((cell) => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height)

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

/** The cell that an arrow key leads to: the nearest one in its direction, where a step aside counts twice. */
export function neighbour(cells: readonly Cell[], from: Cell, arrow: Arrow): Cell | undefined {
  const middle = ({ x, y, width, height }: Cell) => ({ x: x + width / 2, y: y + height / 2 })
  const here = middle(from)
  let best: { cell: Cell; distance: number } | undefined
  for (const cell of cells) {
    if (cell.node === from.node) continue
    const there = middle(cell)
    const [dx, dy] = [there.x - here.x, there.y - here.y]
    const [ahead, aside] =
      arrow === 'ArrowRight'
        ? [dx, dy]
        : arrow === 'ArrowLeft'
          ? [-dx, dy]
          : arrow === 'ArrowDown'
            ? [dy, dx]
            : [-dy, dx]
    if (ahead <= 0) continue
    const distance = ahead + 2 * Math.abs(aside)
    if (best === undefined || distance < best.distance) best = { cell, distance }
  }
  return best?.cell
}
