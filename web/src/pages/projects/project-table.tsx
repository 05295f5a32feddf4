import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { Bytes } from '../../parts/bytes.tsx'
import { FlagBadge } from '../../parts/flag.tsx'
import { percent } from '../../parts/percent.ts'
import { QuotaBar } from '../../parts/quota-bar.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { placeAfter, type Sort } from './filters.ts'
import type { Project } from './projects.tsx'
import { shareOf } from './share-of.ts'
import './projects.css'

/** Projects as a table. Its heads sort it; the arrow keys go from project to project. */
export function ProjectTable({
  projects,
  sort,
  sortBy,
}: {
  projects: readonly Project[]
  sort: Sort
  sortBy: (sort: Sort) => void
}) {
  const body = useRef<HTMLTableSectionElement>(null)
  function onKeyDown(event: KeyboardEvent) {
    const links = [...(body.current?.querySelectorAll<HTMLAnchorElement>('th a') ?? [])]
    const at = links.indexOf(document.activeElement as HTMLAnchorElement)
    const next = at === -1 ? undefined : placeAfter(event.key, at, links.length)
    if (next === undefined) return
    event.preventDefault()
    links[next]?.focus()
  }
  return (
    <TableBox isCards label="Projects">
      <table class="projects">
        <thead>
          <tr>
            <Head by="flag" {...{ sort, sortBy }}>
              Quota
            </Head>
            <Head by="name" {...{ sort, sortBy }}>
              Project
            </Head>
            <Head by="unique" {...{ sort, sortBy }} number>
              Unique
            </Head>
            <Head by="exclusive" {...{ sort, sortBy }} number>
              Exclusive
            </Head>
            <Head by="growth" {...{ sort, sortBy }} number>
              In 7 days
            </Head>
            <th scope="col">Of its limit</th>
            <Head by="tags" {...{ sort, sortBy }} number>
              Tags
            </Head>
            <Head by="pushed" {...{ sort, sortBy }}>
              Last push
            </Head>
            <Head by="idle" {...{ sort, sortBy }}>
              Last pull
            </Head>
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {projects.map((project) => (
            <Row key={project.id} project={project} />
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

/** A head that sorts. It is no function within the table: as another one each time, its button would be made anew and lose the focus. */
const Head = ({
  by,
  sort,
  sortBy,
  children,
  number = false,
}: {
  by: Sort
  sort: Sort
  sortBy: (sort: Sort) => void
  children: ComponentChildren
  number?: boolean
}) => (
  <th scope="col" class={number ? 'number' : ''} aria-sort={sort === by ? ORDER[by] : 'none'}>
    <button type="button" onClick={() => sortBy(by)}>
      {children}
      <span aria-hidden="true">{sort === by ? (ORDER[by] === 'ascending' ? ' ↑' : ' ↓') : ''}</span>
    </button>
  </th>
)

const ORDER: Record<Sort, 'ascending' | 'descending'> = {
  ...{ unique: 'descending', exclusive: 'descending', flag: 'descending', tags: 'descending' },
  growth: 'descending',
  ...{ pushed: 'descending', name: 'ascending', idle: 'ascending' },
}

function Row({ project }: { project: Project }) {
  const { id, flag, uniqueBytes, exclusiveBytes, tags } = project
  return (
    <tr>
      <td class="projects-flag">
        <FlagBadge flag={flag} />
      </td>
      <th scope="row">
        <a href={`/projects/${id}`}>
          <Said text={id} />
        </a>
      </th>
      <td class="number" data-label="Unique">
        <Bytes of={uniqueBytes} />
        {project.unresolved > 0 && <div class="hint">at least</div>}
      </td>
      <td class="number rare" data-label="Exclusive">
        <Bytes of={exclusiveBytes} />
      </td>
      <td class="number" data-label="In 7 days">
        {project.growthBytes === 0 ? (
          <span class="unknown">no change</span>
        ) : (
          <Bytes of={project.growthBytes} signed />
        )}
      </td>
      <td class="projects-limit wide">
        <Limit project={project} />
      </td>
      <td class="number rare" data-label="Tags">
        {tags.toLocaleString('en')}
      </td>
      <td data-label="Last push">
        <Time at={project.lastPushAt} never="not known" />
        {project.lastPushedBy && (
          <div class="hint">
            by <Said text={project.lastPushedBy} />
          </div>
        )}
      </td>
      <td data-label="Last pull">
        <Time at={project.lastPullAt} never="none known" />
      </td>
    </tr>
  )
}

function Limit({ project }: { project: Project }) {
  const { limitBytes, flag, override } = project
  if (limitBytes === null) return <span class="unknown">no limit</span>
  const share = shareOf(project)
  return (
    <>
      {share !== undefined && <QuotaBar share={share} flag={flag} />}
      <span class="hint">
        {share !== undefined && `${percent(share)} of `}
        <Bytes of={limitBytes} />
        {override && ', changed'}
      </span>
    </>
  )
}
