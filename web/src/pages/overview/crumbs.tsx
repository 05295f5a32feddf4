import { Said } from '../../parts/said.tsx'
import { chainOf, type Node } from './tree.ts'

/** The way to what is shown, with a link to each step. */
export function Crumbs({
  top,
  hrefOf,
  hasSeveral,
}: {
  top: Node
  hrefOf: (node: Node) => string
  hasSeveral: boolean
}) {
  const chain = chainOf(top).filter(({ kind }) => hasSeveral || kind !== 'all')
  return (
    <nav class="crumbs" aria-label="What is shown">
      <ol>
        {chain.map((node) => (
          <li key={`${node.kind} ${node.path}`}>
            {node === top ? (
              <span aria-current="true">{nameOf(node)}</span>
            ) : (
              <a href={hrefOf(node)}>{nameOf(node)}</a>
            )}
          </li>
        ))}
      </ol>
      {top.kind === 'project' && <a href={`/projects/${top.path}`}>Open the project</a>}
    </nav>
  )
}

const nameOf = (node: Node) => (node.kind === 'all' ? 'All registries' : <Said text={node.name} />)
