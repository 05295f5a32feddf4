import { useRef } from 'preact/hooks'
import type { Overview } from './rows.ts'
import { type Node, treeOf, updateTree } from './tree.ts'

/** The tree of an overview. Its nodes stay while only numbers change: `revision` tells that they did. */
export function useTree(overview: Overview | undefined): { root: Node; revision: number } | undefined {
  const kept = useRef<{ overview: Overview; root: Node; revision: number }>(undefined)
  if (overview === undefined) return undefined
  const last = kept.current
  if (last?.overview === overview) return last
  const isSame = last !== undefined && updateTree(last.root, overview.rows)
  const root = isSame
    ? last.root
    : treeOf(
        overview.rows.values(),
        overview.registries.filter(({ projects }) => projects > 0).map(({ registry }) => registry),
      )
  kept.current = { overview, root, revision: (last?.revision ?? 0) + 1 }
  return kept.current
}
