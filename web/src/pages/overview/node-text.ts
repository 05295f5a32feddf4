import { printable } from '../../../../src/platform/printable.ts'
import { formatSize } from '../../../../src/platform/units.ts'
import { relative } from '../../parts/time.tsx'
import type { Node } from './tree.ts'

const FLAGS = { ok: '', warning: 'near its quota', over: 'over its quota' }

/** What is known of a node, one fact each, for the tip and for screen readers. `now`: epoch ms. */
export function factsOf(node: Node, now: number): string[] {
  const isOne = node.kind === 'project' || node.kind === 'repository'
  return [
    `${formatSize(node.uniqueBytes)}, of which ${formatSize(node.exclusiveBytes)} in no other ${node.kind === 'repository' ? 'repository' : 'project'}`,
    ...(isOne ? [] : [node.projects === 1 ? '1 project' : `${node.projects.toLocaleString('en')} projects`]),
    ...(node.growthBytes === null || node.kind === 'repository'
      ? []
      : [`${growthText(node.growthBytes)} in 7 days`]),
    ...(node.kind === 'repository'
      ? []
      : [node.usedAt === null ? 'no use is known' : `last used ${relative(node.usedAt - now)}`]),
    ...(node.planned === 0 ? [] : [`expiry would free ${formatSize(node.planFreesBytes)}`]),
    ...(FLAGS[node.flag] === '' ? [] : [isOne ? FLAGS[node.flag] : `a project is ${FLAGS[node.flag]}`]),
  ]
}

export const growthText = (bytes: number): string =>
  bytes === 0 ? 'no change' : `${bytes < 0 ? '−' : '+'}${formatSize(Math.abs(bytes))}`

/** The name of a node for people: its path, or that it is all. */
export const titleOf = (node: Node): string => (node.kind === 'all' ? 'All registries' : printable(node.path))
