import { useGet } from '../../api/use-get.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { useQuery, withQuery } from '../../parts/use-query.ts'
import { counted } from './layers.ts'

const SPANS = { '1d': 'a day', '7d': '7 days', '30d': '30 days' } as const
type Span = keyof typeof SPANS
const DAYS: Record<Span, number> = { '1d': 1, '7d': 7, '30d': 30 }
const HOUR_MS = 3_600_000

/** The pushes that added most to a project. */
export function Growth({ id }: { id: string }) {
  const [query, change] = useQuery()
  const span = (Object.keys(SPANS) as Span[]).find((one) => one === query.grown) ?? '7d'
  // To the hour, so that the question stays the same while one looks.
  const since = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS - DAYS[span] * 24 * HOUR_MS).toISOString()
  const growth = useGet('/v1/projects/{id}/growth', { path: { id }, query: { since, limit: 5 } })
  return (
    <section class="panel" aria-labelledby="growth-title">
      <div class="panel-head">
        <h2 id="growth-title">What made it grow</h2>
        <div class="choices">
          {(Object.keys(SPANS) as Span[]).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === span}
              onClick={() => change({ grown: one === '7d' ? '' : one })}
            >
              {SPANS[one]}
            </button>
          ))}
        </div>
      </div>
      <Loaded of={growth}>
        {({ grownBytes, count, pushes, isCut }) => (
          <>
            <p>
              {grownBytes === null ? (
                'How much it changed in this time is not known: its history is younger.'
              ) : (
                <>
                  In {SPANS[span]} it changed by <Bytes of={grownBytes} signed />.
                </>
              )}{' '}
              <span class="hint">
                {count === 0
                  ? 'No push of an image that is still there was heard.'
                  : `${counted(count, 'push', 'pushes')} of images that are still there.`}
                {isCut && ' There were more; what they added is not known.'}
              </span>
            </p>
            <ol class="grown">
              {pushes.map((push) => (
                <Push
                  key={`${push.image} ${push.pushedAt}`}
                  id={id}
                  push={push}
                  most={pushes[0]?.addedBytes ?? 1}
                />
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </section>
  )
}

interface PushShown {
  image: string
  digest: string
  pushedAt: string
  pushedBy: string | null
  addedBytes: number
}

function Push({ id, push, most }: { id: string; push: PushShown; most: number }) {
  const { image, digest, pushedAt, pushedBy, addedBytes } = push
  const repository = image.replace(/[:@].*$/, '')
  return (
    <li>
      <span
        class="grown-bar"
        style={{ width: `${most > 0 ? (100 * addedBytes) / most : 0}%` }}
        aria-hidden="true"
      />
      <a href={withQuery(`/projects/${id}`, { repository, search: digest })}>
        <Said text={image.replace(/(@\w+:[0-9a-f]{12})[0-9a-f]+$/, '$1…')} />
      </a>
      <span class="grown-size">
        <Bytes of={addedBytes} signed />
      </span>
      <span class="hint">
        <Time at={pushedAt} />
        {pushedBy && (
          <>
            {' '}
            by <Said text={pushedBy} />
          </>
        )}
      </span>
    </li>
  )
}
