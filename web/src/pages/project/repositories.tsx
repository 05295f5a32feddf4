import { useEffect, useMemo } from 'preact/hooks'
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

/** Repositories that are listed at once, and those whose sizes are read at once: these cost as much as the repositories are large. */
const PAGE = 50
const SIZED = 5

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
    { path: { id }, query: { limit: PAGE, search: name } },
    (page) => page.repositories,
  )
  const sizes = useSizes(id, name, list.items.length)
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
      {list.items.map(({ repository, manifests }) => {
        const isOpen = repository === open
        const held = sizes.get(repository)
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
                <span class="repository-sizes">
                  {held && <Bytes of={held.sizeBytes} />}
                  <span class="hint">
                    {held && (
                      <>
                        deleting it frees <Bytes of={held.freesBytes} /> · {counted(held.tags, 'tag')} ·{' '}
                      </>
                    )}
                    {counted(manifests, 'manifest')}
                  </span>
                </span>
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

/** The sizes of the first `wanted` repositories, by name. They come some at a time, after the list. */
function useSizes(id: string, search: string | undefined, wanted: number) {
  const { items, hasMore, isLoading, error, more } = usePages(
    '/v1/projects/{id}/repositories',
    { path: { id }, query: { limit: SIZED, sizes: true, search } },
    (page) => page.repositories,
  )
  useEffect(() => {
    if (items.length < wanted && hasMore && !isLoading && error === undefined) more()
  }, [items.length, wanted, isLoading])
  return useMemo(() => new Map(items.map(({ repository, sizes }) => [repository, sizes])), [items])
}
