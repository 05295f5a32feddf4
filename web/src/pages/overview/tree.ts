import type { Row } from './rows.ts'

/** What cells and rows have in common: the sums over the projects in it. */
export interface Sums {
  uniqueBytes: number
  exclusiveBytes: number
  /** What expiry would free of the unique bytes, and of the registry; of the projects of which that is known. */
  planUniqueBytes: number
  planFreesBytes: number
  /** Projects of which it is known. */
  planned: number
  /** `null`: of no project in it is it known. */
  growthBytes: number | null
  /** The last push or pull, epoch ms. */
  usedAt: number | null
  /** The worst flag of its projects. */
  flag: Row['flag']
  projects: number
}

export interface Node extends Sums {
  kind: 'all' | 'registry' | 'group' | 'project' | 'repository'
  /** `ci`, `ci/shop`, `ci/shop/web`; of a repository its name. '' for all registries. */
  path: string
  /** The last part of the path. */
  name: string
  parent: Node | undefined
  children: Node[]
  /** If it is a project. */
  row?: Row
}

const RANK = { ok: 0, warning: 1, over: 2 }

const EMPTY_SUMS: Sums = {
  ...{ uniqueBytes: 0, exclusiveBytes: 0, planUniqueBytes: 0, planFreesBytes: 0, planned: 0 },
  ...{ growthBytes: null, usedAt: null, flag: 'ok', projects: 0 },
}

/** The tree of registries, groups of a path, and projects. A group that is a project, too, has that as a child of the same path. */
export function treeOf(rows: Iterable<Row>, registries: readonly string[] = []): Node {
  const root = nodeOf('all', '', undefined)
  const inner = new Map<string, Node>()
  const innerAt = (path: string): Node => {
    const found = inner.get(path)
    if (found) return found
    const cut = path.lastIndexOf('/')
    const parent = cut === -1 ? root : innerAt(path.slice(0, cut))
    const node = nodeOf(cut === -1 ? 'registry' : 'group', path, parent)
    inner.set(path, node)
    parent.children.push(node)
    return node
  }
  for (const name of registries) innerAt(name)
  for (const row of rows) {
    const parent = innerAt(row.id.slice(0, row.id.lastIndexOf('/')))
    parent.children.push({ ...nodeOf('project', row.id, parent), ...sumsOfRow(row), row })
  }
  for (const group of [...inner.values()]) {
    const same = group.parent?.children.find(({ kind, path }) => kind === 'project' && path === group.path)
    if (same === undefined || group.parent === undefined) continue
    group.parent.children.splice(group.parent.children.indexOf(same), 1)
    same.parent = group
    group.children.push(same)
  }
  sumUp(root)
  return root
}

function nodeOf(kind: Node['kind'], path: string, parent: Node | undefined): Node {
  return { kind, path, name: path.slice(path.lastIndexOf('/') + 1), parent, children: [], ...EMPTY_SUMS }
}

export const sumsOfRow = (row: Row): Sums => ({
  uniqueBytes: row.uniqueBytes,
  exclusiveBytes: row.exclusiveBytes,
  planUniqueBytes: row.planUniqueBytes ?? 0,
  planFreesBytes: row.planFreesBytes ?? 0,
  planned: row.planAt === null ? 0 : 1,
  growthBytes: row.growthBytes,
  usedAt: later(row.lastPushAt, row.lastPullAt),
  flag: row.flag,
  projects: 1,
})

/** Sums up all inner nodes below a node, and it. */
function sumUp(node: Node): void {
  if (node.kind === 'project' || node.kind === 'repository') return
  Object.assign(node, EMPTY_SUMS)
  for (const child of node.children) {
    sumUp(child)
    node.uniqueBytes += child.uniqueBytes
    node.exclusiveBytes += child.exclusiveBytes
    node.planUniqueBytes += child.planUniqueBytes
    node.planFreesBytes += child.planFreesBytes
    node.planned += child.planned
    node.projects += child.projects
    if (child.growthBytes !== null) node.growthBytes = (node.growthBytes ?? 0) + child.growthBytes
    node.usedAt = later(node.usedAt, child.usedAt)
    if (RANK[child.flag] > RANK[node.flag]) node.flag = child.flag
  }
}

const later = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b)

/**
 * Puts other numbers into a tree that has the same projects, so that whoever holds its nodes sees them. Gives false, and changes
 * nothing, if there are other projects.
 */
export function updateTree(root: Node, rows: ReadonlyMap<string, Row>): boolean {
  const leaves = [...projectsIn(root)]
  if (leaves.length !== rows.size || !leaves.every(({ path }) => rows.has(path))) return false
  for (const leaf of leaves) {
    const row = rows.get(leaf.path)
    if (row !== undefined && row !== leaf.row) Object.assign(leaf, sumsOfRow(row), { row })
  }
  sumUp(root)
  return true
}

export function* projectsIn(node: Node): Generator<Node> {
  if (node.kind === 'project') yield node
  for (const child of node.kind === 'project' ? [] : node.children) yield* projectsIn(child)
}

/** The node at a path; if there is none, the nearest one above it. A group comes before the project of the same path. */
export function nodeAt(root: Node, path: string): Node {
  let node = root
  for (;;) {
    const next = node.children.find(
      (child) =>
        child.kind !== 'repository' &&
        child !== node &&
        (path === child.path || path.startsWith(`${child.path}/`)) &&
        child.path.length > node.path.length,
    )
    if (next === undefined) return node
    node = next
  }
}

/** From the root to the node. */
export function chainOf(node: Node): Node[] {
  const chain = [node]
  for (let at = node.parent; at !== undefined; at = at.parent) chain.unshift(at)
  return chain
}

/** Of the nodes from `leaf` upward, the child of `node`: where a zoom from `node` toward `leaf` leads. */
export function childToward(node: Node, leaf: Node): Node | undefined {
  for (let at: Node | undefined = leaf; at !== undefined; at = at.parent) if (at.parent === node) return at
  return undefined
}
