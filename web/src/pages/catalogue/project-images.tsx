import { usePages } from '../../api/use-pages.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { useQuery, withQuery } from '../../parts/use-query.ts'

/** The repositories of a project, and the tags of one of them. */
export function ProjectImages({ project }: { project: string }) {
  const [{ repository }] = useQuery()
  const repositories = usePages('/v1/catalogue/repositories', { query: { project, limit: 200 } }, (page) =>
    page.repositories.map((one) => one.repository),
  )
  return (
    <>
      <p>
        <a href="/catalogue">All projects</a>
      </p>
      <ul class="list">
        {repositories.items.map((name) => (
          <li key={name}>
            <a
              href={withQuery('/catalogue', { project, repository: name })}
              {...(name === repository && { 'aria-current': 'true' as const })}
            >
              <Said text={name} />
            </a>
            {name === repository && <RepositoryTags project={project} repository={name} />}
          </li>
        ))}
      </ul>
      <More of={repositories} />
    </>
  )
}

function RepositoryTags({ project, repository }: { project: string; repository: string }) {
  const tags = usePages(
    '/v1/catalogue/tags',
    { query: { project, repository, limit: 200 } },
    (page) => page.tags,
  )
  if (tags.items.length === 0 && !tags.isLoading && !tags.error) return <Empty title="It has no tag" />
  return (
    <>
      <TableBox label={`Tags of ${repository}`}>
        <table>
          <thead>
            <tr>
              <th>Tag</th>
              <th class="number">Size</th>
              <th>Pushed</th>
              <th>Digest</th>
            </tr>
          </thead>
          <tbody>
            {tags.items.map(({ tag, digest, sizeBytes, pushedAt }) => (
              <tr key={tag}>
                <th scope="row">
                  <Said text={tag} />
                </th>
                <td class="number">
                  <Bytes of={sizeBytes} />
                </td>
                <td class="nowrap">
                  <Time at={pushedAt} never="not known" />
                </td>
                <td class="mono">{digest}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      <More of={tags} />
    </>
  )
}
