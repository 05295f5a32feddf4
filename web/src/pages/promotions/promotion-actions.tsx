import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { post } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Said } from '../../parts/said.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'
import { type Promotion, waitsForPeople } from './promotion-text.ts'

/** What a person may do with a promotion: approve it while it waits for people, roll it back once it has arrived. */
export function PromotionActions({ promotion, reload }: { promotion: Promotion; reload: () => void }) {
  const [asks, setAsks] = useState<'approve' | 'rollback'>()
  const [by, setBy] = useState('')
  const { route } = useLocation()
  if (!may('promote')) return null
  const { id, target, receipt, rollback } = promotion
  const path = { id }

  async function approve(): Promise<void> {
    if (by.trim() === '') throw new Error('Say who approves it: the receipt has the name.')
    const { approvals, needed } = await post('/v1/promotions/{id}/approve', { path, body: { by: by.trim() } })
    say(
      approvals.length >= needed
        ? 'Approved: the promotion goes on.'
        : `Approved by ${approvals.length} of ${needed}.`,
    )
    reload()
  }
  async function rollBack(): Promise<void> {
    const done = await post('/v1/promotions/{id}/rollback', { path })
    say('The tag is back where it was.')
    route(`/promotions/${done.id}`)
  }

  return (
    <>
      {waitsForPeople(promotion) && (
        <button type="button" class="primary" onClick={() => setAsks('approve')}>
          Approve…
        </button>
      )}
      {receipt?.kind === 'promotion' && !rollback && (
        <button type="button" onClick={() => setAsks('rollback')}>
          Roll back…
        </button>
      )}
      {asks === 'approve' && (
        <Confirm
          title="Approve this promotion?"
          action="Approve"
          run={approve}
          close={() => setAsks(undefined)}
        >
          <p>
            <Said text={`${promotion.image} to ${target}`} />
          </p>
          <label class="field">
            <span>Your name, as the receipt has it</span>
            <input
              value={by}
              maxLength={100}
              autocomplete="name"
              onInput={(event) => setBy(event.currentTarget.value)}
            />
          </label>
        </Confirm>
      )}
      {asks === 'rollback' && (
        <Confirm
          title="Roll this promotion back?"
          action="Roll back"
          isDangerous
          run={rollBack}
          close={() => setAsks(undefined)}
        >
          <p>
            {receipt?.replaced === undefined ? (
              <>
                There was no tag before, so <Said text={target} /> is deleted. The image stays at the target.
              </>
            ) : (
              <>
                <Said text={target} /> names <code>{receipt.replaced.slice(0, 19)}…</code> again, as before.
              </>
            )}
          </p>
          <p class="hint">Nothing is changed if the tag names something else by now.</p>
        </Confirm>
      )}
    </>
  )
}
