import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { useGet } from '../../api/use-get.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { Told } from '../../parts/told.tsx'
import { Copying } from './copying.tsx'
import { Gates } from './gates.tsx'
import { PromotionActions } from './promotion-actions.tsx'
import { isUnderWay, type Promotion, STATES } from './promotion-text.ts'
import { ReceiptView } from './receipt-view.tsx'
import './promotions.css'

/** How often a promotion that is under way is read again, in ms. */
const LOOK_MS = 2_000

/** One promotion: at which gate it is, how far the copy is, and in the end its receipt. */
export default function PromotionPage() {
  const { id = '' } = useRoute().params
  const [isOver, setOver] = useState(false)
  const read = useGet('/v1/promotions/{id}', { path: { id } }, isOver ? {} : { everyMs: LOOK_MS })
  const { data } = read
  // What is not there does not come.
  const goesOn = read.error?.status !== 404 && (data === undefined || isUnderWay(data))
  if (isOver === goesOn) setOver(!goesOn)
  const kind = data?.receipt?.kind === 'rollback' ? 'Rollback' : 'Promotion'
  return (
    <Page
      title={kind}
      lead={data && <Said text={`${data.image} to ${data.target}`} />}
      actions={data && <PromotionActions promotion={data} reload={read.reload} />}
    >
      <Loaded of={read} lines={6}>
        {(promotion) => (
          <>
            <section class="panel">
              <p aria-live="polite">
                <span class={STATES[promotion.state].badge}>{STATES[promotion.state].text}</span>{' '}
                {promotion.why && <Told text={promotion.why} />}
              </p>
              {promotion.state === 'active' && <Copying promotion={promotion} />}
              <Gates of={promotion} />
              <Facts promotion={promotion} />
            </section>
            {promotion.rollback && (
              <div class="notice notice-warn">
                <p>
                  It was <a href={`/promotions/${promotion.rollback.id}`}>rolled back</a>{' '}
                  <Time at={promotion.rollback.at} /> by <Said text={promotion.rollback.by} />.
                </p>
              </div>
            )}
            {promotion.receipt && <ReceiptView receipt={promotion.receipt} />}
          </>
        )}
      </Loaded>
    </Page>
  )
}

const Facts = ({
  promotion: { image, target, digest, rule, by, askedAt, receipt },
}: {
  promotion: Promotion
}) => (
  <dl class="facts">
    <dt>Image</dt>
    <dd>
      <Said text={image} />
    </dd>
    <dt>To</dt>
    <dd>
      <Said text={target} />
    </dd>
    {digest && (
      <>
        <dt>Digest</dt>
        <dd class="mono">{digest}</dd>
      </>
    )}
    <dt>Rule</dt>
    <dd>{rule === undefined ? 'none' : <Said text={rule} />}</dd>
    <dt>Asked by</dt>
    <dd>
      <Said text={by} />, <Time at={askedAt} />
    </dd>
    {receipt && (
      <>
        <dt>Done</dt>
        <dd>
          <Time at={receipt.at} /> <span class="hint">{new Date(receipt.at).toLocaleString()}</span>
        </dd>
      </>
    )}
  </dl>
)
