import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { Told } from '../../parts/told.tsx'
import { Copying } from './copying.tsx'
import { Gates } from './gates.tsx'
import { type Promotion, STATES } from './promotion-text.ts'

const NONE = {
  waiting: 'Nothing waits',
  active: 'Nothing is in hand',
  failed: 'Nothing has failed',
} as const
/** How often what is in hand is read again, in ms. */
const LOOK_MS = 4_000

/** Promotions that have not arrived, and why. */
export function Undone({ state }: { state: keyof typeof NONE }) {
  const pages = usePages(
    '/v1/promotions/undone',
    { query: { state, limit: 50 } },
    (page): readonly Promotion[] => page.promotions,
    state === 'active' ? { everyMs: LOOK_MS } : {},
  )
  return (
    <>
      {pages.items.length > 0 && (
        <ul class="list">
          {pages.items.map((one) => (
            <li key={one.id}>
              <div class="list-head">
                <a class="promotion-name" href={`/promotions/${one.id}`}>
                  <Said text={one.image} />
                </a>
                <span>
                  <span class={STATES[one.state].badge}>{STATES[one.state].text}</span>{' '}
                  <Time at={one.askedAt} />
                </span>
              </div>
              <p>
                to <Said text={one.target} />
              </p>
              {one.why && (
                <p>
                  <Told text={one.why} />
                </p>
              )}
              {one.state === 'active' && <Copying promotion={one} />}
              {state === 'waiting' && <Gates of={one} />}
            </li>
          ))}
        </ul>
      )}
      {pages.items.length === 0 && !pages.hasMore && !pages.error && <Empty title={NONE[state]} />}
      <More of={pages} />
    </>
  )
}
