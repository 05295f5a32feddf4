import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { useQuery, withQuery } from '../../parts/use-query.ts'

/** All projects by name, of one registry or with a text in their names. */
export function CatalogueProjects({ registries }: { registries: readonly string[] }) {
  const [{ registry, search }, change] = useQuery()
  const asked = { ...(registry && { registry }), ...(search && { search }), limit: 200 }
  const projects = usePages('/v1/catalogue/projects', { query: asked }, (page) => page.projects)
  return (
    <>
      <search class="filters">
        <SearchField
          label="Search"
          text={search ?? ''}
          search={(search) => change({ search }, { replace: true })}
        />
        {registries.length > 1 && (
          <label>
            <span class="unseen">Registry</span>
            <select
              value={registry ?? ''}
              onChange={(event) => change({ registry: event.currentTarget.value })}
            >
              <option value="">All registries</option>
              {registries.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
      </search>
      {projects.items.length > 0 ? (
        <TableBox label="Projects">
          <table>
            <thead>
              <tr>
                <th>Project</th>
                <th class="number">Repositories</th>
                <th class="number">Tags</th>
              </tr>
            </thead>
            <tbody>
              {projects.items.map(({ project, repositories, tags }) => (
                <tr key={project}>
                  <th scope="row">
                    <a href={withQuery('/catalogue', { project })}>
                      <Said text={project} />
                    </a>
                  </th>
                  <td class="number">{repositories}</td>
                  <td class="number">{tags}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      ) : (
        !projects.isLoading && !projects.error && <Empty title="No project matches" />
      )}
      <More of={projects} />
    </>
  )
}
