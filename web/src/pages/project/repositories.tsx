import { usePages } from '../../api/use-pages.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { Contents } from './contents.tsx'
import type { Keep } from './keeps.tsx'
import { counted } from './layers.ts'

/** Repositories that are read at once: their sizes cost as much as they are large. */
const PAGE = 20

/** The repositories of a project, of which one can be open. */
export function Repositories({
  id,
  count,
  keeps,
  changed,
}: {
  id: string
  count: number
  keeps: readonly Keep[]
  changed: () => void
}) {
  const [query, change] = useQuery()
  const name = query.find || undefined
  const list = usePages(
    '/v1/projects/{id}/repositories',
    { path: { id }, query: { limit: PAGE, sizes: true, search: name } },
    (page) => page.repositories,
  )
  // What a project has only one of is open at once.
  const only =
    list.items.length === 1 && !list.hasMore && name === undefined ? list.items[0]?.repository : undefined
  const open = query.repository ?? only
  const isNone = list.items.length === 0 && !list.isLoading && !list.error && !list.hasMore
  const close = { search: '', show: '', sort: '' }
  return (
    <section aria-labelledby="repositories-title">
      <div class="section-head">
        <h2 id="repositories-title">Repositories</h2>
        {count > PAGE && (
          <SearchField
            label="Search repositories"
            text={name ?? ''}
            search={(find) => change({ find }, { replace: true })}
          />
        )}
      </div>
      {isNone && (
        <Empty title={name === undefined ? 'It holds no image' : 'No repository matches'}>
          {name === undefined ? 'It may still have uploaded content that no manifest references.' : null}
        </Empty>
      )}
      {/* A repository that a link names may stand on a later page. */}
      {query.repository &&
        !list.isLoading &&
        !list.items.some((one) => one.repository === query.repository) && (
          <div class="panel repository">
            <h3>
              <Said text={query.repository} />
            </h3>
            <Contents {...{ id, repository: query.repository, keeps, changed }} />
          </div>
        )}
      {list.items.map(({ repository, manifests, sizes }) => {
        const isOpen = repository === open
        return (
          <div key={repository} class="panel repository">
            <h3>
              <button
                type="button"
                aria-expanded={isOpen}
                onClick={() => change({ ...close, repository: isOpen ? '' : repository })}
              >
                <span class="chevron" aria-hidden="true" />
                <span class="repository-name">
                  <Said text={repository} />
                </span>
                {sizes && (
                  <span class="repository-sizes">
                    <span>
                      <Bytes of={sizes.sizeBytes} />
                    </span>
                    <span class="hint">
                      deleting it frees <Bytes of={sizes.freesBytes} /> · {counted(sizes.tags, 'tag')} ·{' '}
                      {counted(manifests, 'manifest')}
                    </span>
                  </span>
                )}
              </button>
            </h3>
            {isOpen && <Contents {...{ id, repository, keeps, changed }} />}
          </div>
        )
      })}
      <More of={list} />
    </section>
  )
}
