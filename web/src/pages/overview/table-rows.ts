import type { Node } from './tree.ts'

export const SORTS = ['name', 'unique', 'exclusive', 'growth', 'used', 'frees', 'flag'] as const
export type Sort = (typeof SORTS)[number]
export interface Order {
  sort: Sort
  isDown: boolean
}

const RANK = { ok: 0, warning: 1, over: 2 }
const VALUE: Record<Exclude<Sort, 'name'>, (node: Node) => number | null> = {
  unique: ({ uniqueBytes }) => uniqueBytes,
  exclusive: ({ exclusiveBytes }) => exclusiveBytes,
  growth: ({ growthBytes }) => growthBytes,
  used: ({ usedAt }) => usedAt,
  frees: ({ planned, planFreesBytes }) => (planned === 0 ? null : planFreesBytes),
  flag: ({ flag }) => RANK[flag],
}

/** What is not known comes last, in both directions; equal ones are in the order of their names. */
export function compareBy({ sort, isDown }: Order): (a: Node, b: Node) => number {
  const sign = isDown ? -1 : 1
  const byName = (a: Node, b: Node) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  if (sort === 'name') return (a, b) => sign * byName(a, b)
  const value = VALUE[sort]
  return (a, b) => {
    const [x, y] = [value(a), value(b)]
    if (x === y) return byName(a, b)
    if (x === null) return 1
    if (y === null) return -1
    return sign * (x - y)
  }
}

/** A row of the tree table. */
export interface TableRow {
  node: Node
  /** From 1. */
  level: number
  /** `undefined`: nothing can be below it. */
  isOpen: boolean | undefined
  /** Its place among those beside it, from 1, and how many these are. */
  place: number
  of: number
}

/** The rows below a node in order: those of what is open follow it. */
export function tableRows(top: Node, order: Order, isOpen: (node: Node) => boolean): TableRow[] {
  const compare = compareBy(order)
  const rows: TableRow[] = []
  const add = (children: readonly Node[], level: number) => {
    const sorted = children.toSorted(compare)
    for (const [n, node] of sorted.entries()) {
      const canOpen = node.kind === 'registry' || node.kind === 'group'
      const open = canOpen && isOpen(node)
      rows.push({ node, level, isOpen: canOpen ? open : undefined, place: n + 1, of: sorted.length })
      if (open) add(node.children, level + 1)
    }
  }
  add(top.children, 1)
  return rows
}

/** All projects below a node in one list, in order. */
export function flatRows(projects: Iterable<Node>, order: Order): TableRow[] {
  const sorted = [...projects].sort(compareBy(order))
  return sorted.map((node, n) => ({ node, level: 1, isOpen: undefined, place: n + 1, of: sorted.length }))
}
