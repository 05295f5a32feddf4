// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by their position, since only those in sight are made. Rows of a table cannot be.
// biome-ignore-all lint/a11y/useFocusableInteractive: rows have the focus, not their cells.
import { formatSize } from '../../../../src/platform/units.ts'
import { Said } from '../../parts/said.tsx'
import { relative } from '../../parts/time.tsx'
import { growthText } from './node-text.ts'
import type { TableRow } from './table-rows.ts'
import type { Node } from './tree.ts'

/** The height of a row in CSS pixels, as in overview.css. */
export const ROW = 34

/** A row of the tree table at its place. */
export function Row({
  row: { node, level, isOpen, place, of },
  n,
  isActive,
  isFlat,
  top,
  toggle,
  zoom,
  focus,
}: {
  row: TableRow
  n: number
  isActive: boolean
  isFlat: boolean
  top: Node
  toggle: (node: Node) => void
  zoom: (node: Node) => void
  focus: () => void
}) {
  const name =
    isFlat && node.kind === 'project' ? node.path.slice(top.path === '' ? 0 : top.path.length + 1) : node.name
  return (
    <div
      class="tree-row"
      role="row"
      data-row={n}
      data-flag={node.flag}
      tabIndex={isActive ? 0 : -1}
      aria-level={level}
      aria-posinset={place}
      aria-setsize={of}
      aria-rowindex={n + 2}
      {...(isOpen !== undefined && { 'aria-expanded': isOpen })}
      style={{ top: `${n * ROW}px` }}
      onFocus={focus}
    >
      <div role="gridcell" class="tree-name" style={{ paddingLeft: `${8 + (level - 1) * 18}px` }}>
        {isOpen === undefined ? (
          <span class="tree-mark" />
        ) : (
          <button
            type="button"
            class="tree-mark"
            tabIndex={-1}
            aria-label={isOpen ? `Close ${node.name}` : `Open ${node.name}`}
            onClick={() => toggle(node)}
          >
            <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
          </button>
        )}
        {node.kind === 'repository' ? (
          <Said text={node.path} />
        ) : (
          <button type="button" class="tree-link" tabIndex={-1} title={node.path} onClick={() => zoom(node)}>
            <Said text={name || node.path} />
          </button>
        )}
        {node.kind !== 'project' && node.kind !== 'repository' && (
          <span class="hint"> {node.projects.toLocaleString('en')}</span>
        )}
      </div>
      <div role="gridcell" class="number">
        {formatSize(node.uniqueBytes)}
      </div>
      <div role="gridcell" class="number">
        {formatSize(node.exclusiveBytes)}
      </div>
      <div role="gridcell" class="number">
        {known(node.growthBytes === null ? null : growthText(node.growthBytes))}
      </div>
      <div role="gridcell" class="number">
        {known(
          node.planned === 0 ? null : node.planFreesBytes === 0 ? 'nothing' : formatSize(node.planFreesBytes),
        )}
      </div>
      <div role="gridcell" class="number">
        {known(node.usedAt === null ? null : relative(node.usedAt - Date.now()))}
      </div>
      <div role="gridcell">
        {node.flag === 'ok' ? (
          <span class="hint">ok</span>
        ) : (
          <span class={`badge badge-${node.flag}`}>{node.flag === 'over' ? 'over' : 'near'}</span>
        )}
      </div>
    </div>
  )
}

const known = (text: string | null) =>
  text ?? (
    <span class="unknown">
      –<span class="unseen"> not known</span>
    </span>
  )
