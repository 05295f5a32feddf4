import { formatDuration, formatSize } from '../../../../src/platform/units.ts'
import { Said } from '../../parts/said.tsx'
import { growthText } from './node-text.ts'
import type { Node } from './tree.ts'

/** How many each list names. */
const MOST = 4

/** Who is over, who fills it, who grew, and where something can go: the answers for who has five seconds. */
export function Leaders({ projects, hrefOf }: { projects: readonly Node[]; hrefOf: (node: Node) => string }) {
  const lists = [
    {
      title: 'Over or near its quota',
      of: ({ flag, uniqueBytes }: Node) => (flag === 'ok' ? 0 : uniqueBytes + (flag === 'over' ? OVER : 0)),
      text: flagText,
      none: 'No project is.',
    },
    {
      title: 'Largest',
      of: ({ uniqueBytes }: Node) => uniqueBytes,
      text: sizeText(({ uniqueBytes }) => uniqueBytes),
      none: 'Nothing is stored.',
    },
    {
      title: 'Grew most in 7 days',
      of: ({ growthBytes }: Node) => growthBytes ?? 0,
      text: ({ growthBytes }: Node) => growthText(growthBytes ?? 0),
      none: projects.some(({ growthBytes }) => growthBytes !== null) ? 'No project grew.' : 'Not known yet.',
    },
    {
      title: 'Expiry would free most',
      of: ({ planFreesBytes }: Node) => planFreesBytes,
      text: sizeText(({ planFreesBytes }) => planFreesBytes),
      none: projects.some(({ planned }) => planned > 0) ? 'Nothing would go.' : 'Not planned yet.',
    },
  ]
  return (
    <div class="panels leaders">
      {lists.map(({ title, of, text, none }) => {
        const top = leaders(projects, of)
        return (
          <section key={title} class="panel" aria-label={title}>
            <h2>{title}</h2>
            {top.length === 0 && <p class="hint">{none}</p>}
            <ol>
              {top.map((node) => (
                <li key={node.path}>
                  <a href={hrefOf(node)}>
                    <Said text={node.path} />
                  </a>
                  <span class="number">{text(node)}</span>
                </li>
              ))}
            </ol>
          </section>
        )
      })}
    </div>
  )
}

/** More than any project holds: who is over comes before who is near. */
const OVER = 2 ** 53

const sizeText = (of: (node: Node) => number) => (node: Node) => formatSize(of(node))

const flagText = ({ flag, row }: Node) => (
  <span class={`badge badge-${flag}`}>
    {flag === 'over' ? 'over' : 'near'}
    {row?.flagSince ? ` for ${formatDuration(Math.max(0, Date.now() - row.flagSince)).split(' ')[0]}` : ''}
  </span>
)

/** Those with the most, the most first; without those that have none. */
export function leaders(projects: readonly Node[], of: (node: Node) => number, most = MOST): Node[] {
  const top: Node[] = []
  for (const node of projects) {
    const value = of(node)
    const last = top.at(-1)
    if (value <= 0 || (top.length === most && last !== undefined && value <= of(last))) continue
    top.push(node)
    top.sort((a, b) => of(b) - of(a) || (a.path < b.path ? -1 : 1))
    if (top.length > most) top.pop()
  }
  return top
}
