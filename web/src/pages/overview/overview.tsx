import { useMemo } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Failure } from '../../parts/failure.tsx'
import { Page } from '../../parts/page.tsx'
import { Skeleton } from '../../parts/skeleton.tsx'
import { session } from '../../session.ts'
import { Choice } from './choice.tsx'
import { Confidence } from './confidence.tsx'
import { Crumbs } from './crumbs.tsx'
import { Headline } from './headline.tsx'
import { Leaders, leaders } from './leaders.tsx'
import { Legend } from './legend.tsx'
import { LiveBadge } from './live-badge.tsx'
import { COLOURS, colourIn, SIZES, sizeIn } from './measures.ts'
import { NothingYet } from './nothing-yet.tsx'
import './overview.css'
import type { Overview as Data } from './rows.ts'
import { type Order, SORTS } from './table-rows.ts'
import { Timeline } from './timeline.tsx'
import { chainOf, type Node, nodeAt, projectsIn } from './tree.ts'
import { TreeTable } from './tree-table.tsx'
import { Treemap } from './treemap.tsx'
import { useOverview } from './use-overview.ts'
import { useRepositories } from './use-repositories.ts'
import { useTree } from './use-tree.ts'

/** Who fills the disk, since when, what can go, and what that gives back. */
export default function Overview() {
  const live = useOverview()
  return (
    <Page title="Overview" actions={live.data && <LiveBadge of={live} />}>
      {live.data !== undefined ? (
        <Shown data={live.data} />
      ) : live.error ? (
        <Failure error={live.error} retry={live.reload} />
      ) : (
        <Skeleton lines={14} />
      )}
    </Page>
  )
}

function Shown({ data }: { data: Data }) {
  const { query, route } = useLocation()
  const tree = useTree(data)
  const state = session.value
  const seesAll = state.is === 'in' && state.session.seesAll
  const root = tree?.root
  const named = data.registries.filter(({ projects }) => projects > 0)
  const [only] = named.length === 1 ? named : []
  const wanted = query.at ?? query.registry ?? only?.registry ?? ''
  const top = root && nodeAt(root, wanted)
  const repositories = useRepositories(top)
  // The same object as long as the URL says the same: the table goes to its top when the order changes.
  const order = useMemo(() => orderIn(query.sort), [query.sort])
  const all = useMemo(() => (top ? [...projectsIn(top)] : []), [top, tree?.revision])
  if (tree === undefined || root === undefined || top === undefined) return null
  if (data.rows.size === 0)
    return (
      <>
        <NothingYet seesAll={seesAll} registries={data.registries.map(({ registry }) => registry)} />
        {seesAll && <Confidence />}
      </>
    )
  if (top.kind === 'project' && repositories) top.children = repositories.nodes
  const asked = sizeIn(query.size)
  // What expiry would free is not known of a single repository.
  const size = top.kind === 'project' && asked === 'reclaimable' ? 'unique' : asked
  const colour = colourIn(query.colour)
  const isFlat = query.list === 'projects'
  const href = (changed: Record<string, string | undefined>) => hrefWith(query, changed)
  const hrefOf = (node: Node) => href({ at: node.path || undefined, registry: undefined })
  const zoom = (node: Node) => route(hrefOf(node))
  const registry = chainOf(top).find(({ kind }) => kind === 'registry')
  const told = registry ? [registry.path] : named.map((one) => one.registry)
  const timelineOf = top.kind === 'project' ? top : seesAll ? (registry ?? largestOf(root)) : undefined
  return (
    <>
      {told.map((name) => (
        <Headline key={name} overview={data} registry={name} isOne={named.length === 1} />
      ))}
      <Leaders projects={all} hrefOf={hrefOf} />
      <section class="panel map" aria-label="Projects by size">
        <div class="map-head">
          <Crumbs top={top} hrefOf={hrefOf} hasSeveral={named.length > 1} />
          <div class="map-choices">
            <Choice
              label="Area"
              value={asked}
              options={namesOf(SIZES)}
              pick={(size) => route(href({ size }), true)}
            />
            <Choice
              label="Colour"
              value={colour}
              options={Object.entries(COLOURS)}
              pick={(colour) => route(href({ colour }), true)}
            />
          </div>
        </div>
        <div class="map-body">
          <div>
            <Treemap key="map" {...{ top, size, colour, zoom, revision: tree.revision }} />
            <Legend colour={colour} hasPlans={top.planUniqueBytes > 0} />
          </div>
          <div class="map-table">
            {top.kind !== 'project' && (
              <div class="tabs-small">
                <a href={href({ list: undefined })} {...(!isFlat && { 'aria-current': 'true' as const })}>
                  Groups
                </a>
                <a href={href({ list: 'projects' })} {...(isFlat && { 'aria-current': 'true' as const })}>
                  All {all.length.toLocaleString('en')} projects
                </a>
              </div>
            )}
            {top.kind === 'project' && repositories === undefined && <Skeleton lines={4} />}
            {repositories?.error && <Failure error={repositories.error} />}
            <TreeTable
              {...{ top, order, isFlat, zoom, revision: tree.revision }}
              setOrder={({ sort, isDown }) => route(href({ sort: `${isDown ? '-' : ''}${sort}` }), true)}
            />
            {repositories?.hasMore && (
              <p class="hint">
                Only its 100 repositories with the most manifests are here:{' '}
                <a href={`/projects/${top.path}`}>all are on its page</a>.
              </p>
            )}
          </div>
        </div>
      </section>
      {timelineOf ? (
        <Timeline
          key={timelineOf.path}
          of={timelineOf}
          largest={leaders([...projectsIn(timelineOf)], ({ growthBytes }) => growthBytes ?? 0, 5)}
        />
      ) : (
        <p class="hint">Choose a project to see its line over time.</p>
      )}
      {seesAll && <Confidence />}
    </>
  )
}

const namesOf = (all: Record<string, { name: string }>) =>
  Object.entries(all).map(([key, { name }]): [string, string] => [key, name])

const largestOf = (root: Node): Node | undefined =>
  root.children.toSorted((a, b) => b.uniqueBytes - a.uniqueBytes)[0]

/** `-unique`: the most first. */
function orderIn(text: string | undefined): Order {
  const sort = SORTS.find((one) => one === text?.replace(/^-/, ''))
  return sort === undefined ? BY_SIZE : { sort, isDown: text?.startsWith('-') ?? false }
}
const BY_SIZE: Order = { sort: 'unique', isDown: true }

function hrefWith(query: Record<string, string>, changed: Record<string, string | undefined>): string {
  const next = Object.entries({ ...query, ...changed }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  const search = new URLSearchParams(next).toString().replaceAll('%2F', '/')
  return search === '' ? '/' : `/?${search}`
}
