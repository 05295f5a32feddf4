import type { Answer } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Page } from '../../parts/page.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { session } from '../../session.ts'
import { asSort, FLAGS, isFiltered, SORT_NAMES, SORTS, type Sort } from './filters.ts'
import { ProjectTable } from './project-table.tsx'

export type Project = Answer<'/v1/projects'>['projects'][number]

/** How many projects are read at once. */
const PAGE = 100

/** All projects: searched, filtered and sorted by the service. */
export default function Projects() {
  const [query, change] = useQuery()
  const sort = asSort(query.sort)
  const flag = FLAGS.find((one) => one.flag === query.flag)?.flag
  const seesAll = session.value.is === 'in' && session.value.session.seesAll
  const registries = useGet(seesAll ? '/v1/registries' : undefined)
  const projects = usePages(
    '/v1/projects',
    {
      query: {
        ...{
          limit: PAGE,
          sort,
          growth: true,
          search: query.search || undefined,
          registry: query.registry || undefined,
        },
        flag,
      },
    },
    (page) => page.projects,
  )
  const sortBy = (next: Sort) => change({ sort: next === 'unique' ? '' : next })
  const isNone = projects.items.length === 0 && !projects.isLoading && !projects.error && !projects.hasMore
  const names = registries.data?.registries.map(({ name }) => name) ?? []
  return (
    <Page
      title="Projects"
      lead="What each project of a registry holds. Its quota counts unique bytes, unless it says otherwise."
    >
      <search class="filters">
        <SearchField
          label="Search projects"
          text={query.search ?? ''}
          search={(search) => change({ search }, { replace: true })}
        />
        {names.length > 1 && (
          <label>
            <span class="unseen">Registry</span>
            <select
              value={query.registry ?? ''}
              onChange={(event) => change({ registry: event.currentTarget.value })}
            >
              <option value="">All registries</option>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <span class="unseen">Quota</span>
          <select value={flag ?? ''} onChange={(event) => change({ flag: event.currentTarget.value })}>
            <option value="">Any use of the quota</option>
            {FLAGS.map(({ flag, name }) => (
              <option key={flag} value={flag}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <select
          class="projects-sort"
          aria-label="Order"
          value={sort}
          onChange={(event) => sortBy(asSort(event.currentTarget.value))}
        >
          {SORTS.map((one) => (
            <option key={one} value={one}>
              {SORT_NAMES[one]}
            </option>
          ))}
        </select>
      </search>
      {isNone ? (
        isFiltered({ ...query, flag }) ? (
          <Empty title="No project matches">
            <button type="button" onClick={() => change({ search: '', registry: '', flag: '' })}>
              Show all projects
            </button>
          </Empty>
        ) : (
          <NoProject seesAll={seesAll} />
        )
      ) : (
        <>
          {/* Also while nothing is there: the head that was clicked keeps the focus. */}
          <ProjectTable projects={projects.items} sort={sort} sortBy={sortBy} />
          <More of={projects} />
        </>
      )}
    </Page>
  )
}

const NoProject = ({ seesAll }: { seesAll: boolean }) => (
  <Empty title="No project yet">
    {seesAll
      ? 'A project appears with the first push that its registry tells of, or once a reconcile has read the registry.'
      : 'Your token sees no project that holds something. It may be for other projects, or nothing was pushed yet.'}
  </Empty>
)
