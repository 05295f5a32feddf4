import { useState } from 'preact/hooks'
import { formatDuration } from '../../../../src/platform/units.ts'
import { useGet } from '../../api/use-get.ts'
import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Page } from '../../parts/page.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { may, seesAll } from '../../session.ts'
import { Purge } from './purge.tsx'
import { Restore } from './restore.tsx'
import { StoreDoubt } from './store-doubt.tsx'
import { TrashTable } from './trash-table.tsx'
import { keepOf, type Trashed } from './trash-text.ts'
import './trash.css'

/** What expiry has deleted, and the way back. */
export default function Trash() {
  const [query, change] = useQuery()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asks, setAsks] = useState<readonly Trashed[]>()
  const [purges, setPurges] = useState(false)
  const policies = useGet('/v1/expiry/policies')
  const { registry } = query
  const search = query.search?.trim()
  const pages = usePages(
    '/v1/trash',
    { query: { limit: 100, ...(registry && { registry }), ...(search && { search }) } },
    (page): readonly Trashed[] => page.images,
  )
  const registries = [
    ...new Set([
      ...(policies.data?.policies.flatMap((one) => one.registries) ?? []),
      ...pages.items.map((one) => one.registry),
      ...(registry ? [registry] : []),
    ]),
  ].sort()
  const marked = pages.items.filter(({ id }) => chosen.has(id))
  const keep = keepOf(pages.items)
  const restored = () => {
    setChosen(new Set())
    pages.reload()
  }
  return (
    <Page
      title="Trash"
      lead="What expiry has deleted. Restoring puts an image back with its tags and its signatures."
      actions={
        may('admin') &&
        pages.items.length > 0 && (
          <button type="button" onClick={() => setPurges(true)}>
            Delete for good…
          </button>
        )
      }
    >
      {seesAll() && <StoreDoubt />}
      <div class="notice">
        <p>
          Deleting an image frees no disk by itself. The bytes come back when the registry collects its
          garbage, and then the image can no longer be restored.{' '}
          {keep !== undefined && `The trash forgets an image after ${formatDuration(keep)}.`}
        </p>
      </div>
      <search class="filters">
        <SearchField
          label="Search the trash"
          placeholder="Part of a repository’s name, or a digest"
          text={query.search ?? ''}
          search={(search) => change({ search }, { replace: true })}
        />
        {registries.length > 1 && (
          <select
            aria-label="Registry"
            value={registry ?? ''}
            onChange={(event) => change({ registry: event.currentTarget.value })}
          >
            <option value="">All registries</option>
            {registries.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        {may('expire') && marked.length > 0 && (
          <button type="button" class="primary" onClick={() => setAsks(marked)}>
            Restore {marked.length === 1 ? '1 image' : `${marked.length} images`}…
          </button>
        )}
      </search>
      {pages.items.length > 0 && (
        <TrashTable
          images={pages.items}
          chosen={chosen}
          choose={setChosen}
          restore={(one) => setAsks([one])}
        />
      )}
      {pages.items.length === 0 && !pages.hasMore && !pages.error && (
        <Empty title={search || registry ? 'Nothing like that is in the trash' : 'The trash is empty'}>
          {search || registry ? (
            <a href="/trash">Show all of it</a>
          ) : (
            'What a run of an expiry policy deletes comes here.'
          )}
        </Empty>
      )}
      <More of={pages} />
      {asks && <Restore images={asks} done={restored} close={() => setAsks(undefined)} />}
      {purges && <Purge done={pages.reload} close={() => setPurges(false)} />}
    </Page>
  )
}
