import { useState } from 'preact/hooks'
import type { Answer } from '../../api/request.ts'
import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Told } from '../../parts/told.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { ImageRow } from './image-row.tsx'
import type { Keep } from './keeps.tsx'
import { StripLegend } from './layer-strip.tsx'

type Page = Answer<'/v1/projects/{id}/contents'>
export type Image = Page['images'][number]

/** Images that are read at once. */
const PAGE = 50
const SORTS = {
  pushed: 'Last push first',
  size: 'Largest first',
  idle: 'Longest unused first',
  name: 'By tag',
} as const
type Sort = keyof typeof SORTS

/** The images of a repository: those with a tag, or what has none. */
export function Contents({
  id,
  repository,
  keeps,
  changed,
}: {
  id: string
  repository: string
  keeps: readonly Keep[]
  changed: () => void
}) {
  const [query, change] = useQuery()
  const [about, setAbout] = useState<Omit<Page, 'images' | 'next'>>()
  const [promotion, setPromotion] = useState<string>()
  const sort = (Object.keys(SORTS) as Sort[]).find((one) => one === query.sort) ?? 'pushed'
  const show = query.show === 'untagged' ? 'untagged' : 'tagged'
  const search = query.search || undefined
  const pages = usePages(
    '/v1/projects/{id}/contents',
    { path: { id }, query: { repository, sort, show, search, limit: PAGE } },
    ({ images, ...rest }) => {
      setAbout(rest)
      return images
    },
  )
  const isNone = pages.items.length === 0 && !pages.isLoading && !pages.error && !pages.hasMore
  return (
    <div class="contents">
      <search class="filters">
        <SearchField
          label="Search tags"
          placeholder="Tag or digest"
          text={query.search ?? ''}
          search={(text) => change({ repository, search: text }, { replace: true })}
        />
        <label>
          <span class="unseen">Order</span>
          <select
            value={sort}
            onChange={({ currentTarget: { value } }) =>
              change({ repository, sort: value === 'pushed' ? '' : value })
            }
          >
            {Object.entries(SORTS).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <div class="choices">
          <button
            type="button"
            aria-pressed={show === 'tagged'}
            onClick={() => change({ repository, show: '' })}
          >
            Tagged
          </button>
          <button
            type="button"
            aria-pressed={show === 'untagged'}
            onClick={() => change({ repository, show: 'untagged' })}
          >
            Without a tag{about && `: ${about.untagged.toLocaleString('en')}`}
          </button>
        </div>
      </search>
      {promotion && (
        <p class="notice" role="status">
          <span>The promotion is asked for.</span>
          <a href={`/promotions/${encodeURIComponent(promotion)}`}>How far it is</a>
        </p>
      )}
      {isNone ? (
        <None show={show} search={search} clear={() => change({ repository, search: '' })} />
      ) : (
        <>
          {pages.items.length > 0 && (
            <>
              <TableBox isCards label={`Images of ${repository}`}>
                <table class="images">
                  <thead>
                    <tr>
                      <th scope="col">{show === 'tagged' ? 'Tags' : 'Image'}</th>
                      <th scope="col" class="number" title="What deleting this image alone would free">
                        Frees
                      </th>
                      <th scope="col" class="number">
                        Size
                      </th>
                      <th scope="col" class="number">
                        Shared
                      </th>
                      <th scope="col">Layers</th>
                      <th scope="col">Pushed</th>
                      <th scope="col">Last pull</th>
                      <th scope="col">
                        <span class="unseen">Actions</span>
                      </th>
                    </tr>
                  </thead>
                  {pages.items.map((image) => (
                    <ImageRow
                      key={image.digest}
                      {...{ project: id, repository, image, keeps, changed, promoted: setPromotion }}
                      areHeard={about?.pulls.areHeard ?? true}
                    />
                  ))}
                </table>
              </TableBox>
              <StripLegend />
              {about && (
                <p class="hint">
                  {about.pulls.isComplete && about.pulls.areHeard
                    ? ''
                    : 'An image may be used though no pull is known. '}
                  <Told text={about.pulls.text.replace(/^./, (first) => first.toUpperCase())} />
                </p>
              )}
            </>
          )}
          <More of={pages} />
        </>
      )}
    </div>
  )
}

function None({ show, search, clear }: { show: string; search: string | undefined; clear: () => void }) {
  if (search !== undefined)
    return (
      <Empty title="No image matches">
        <button type="button" onClick={clear}>
          Show all
        </button>
      </Empty>
    )
  return show === 'untagged' ? (
    <Empty title="Every image has a tag, or belongs to one that has" />
  ) : (
    <Empty title="No image has a tag">What it holds has none: look at the images without a tag.</Empty>
  )
}
