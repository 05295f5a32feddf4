import { useState } from 'preact/hooks'
import { printableJson } from '../../../../src/platform/printable.ts'
import { post, remove } from '../../api/request.ts'
import { usePages } from '../../api/use-pages.ts'
import { Act } from '../../parts/act.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'

/** Events that could not be understood. */
export default function Quarantine() {
  const events = usePages('/v1/quarantine', { query: { limit: 50 } }, ({ events }) => events)
  const [asks, setAsks] = useState<'replay' | 'discard' | { id: string }>()
  async function act(what: 'replay' | 'discard', id: string) {
    try {
      if (what === 'replay') await post('/v1/quarantine/{id}/replay', { path: { id } })
      else await remove('/v1/quarantine/{id}', { path: { id } })
      say(what === 'replay' ? 'Replayed' : 'Discarded')
    } finally {
      events.reload()
    }
  }
  async function actOnAll(what: 'replay' | 'discard') {
    try {
      if (what === 'replay') await post('/v1/quarantine/replay', { body: { all: true } })
      else await post('/v1/quarantine/discard', { body: { all: true } })
    } finally {
      events.reload()
    }
  }
  const isEmpty = events.items.length === 0 && !events.isLoading && !events.error
  return (
    <Page
      title="Quarantine"
      lead="Events that could not be understood. They wait here, so that a registry is not held up; nothing is counted by them."
      actions={
        may('admin') &&
        events.items.length > 0 && (
          <>
            <button type="button" onClick={() => setAsks('replay')}>
              Replay all…
            </button>
            <button type="button" onClick={() => setAsks('discard')}>
              Discard all…
            </button>
          </>
        )
      }
    >
      {isEmpty && <Empty title="Quarantine is empty">Every event so far was understood.</Empty>}
      {events.items.length > 0 && (
        <ul class="list">
          {events.items.map(({ id, receivedAt, registry, reason, event }) => (
            <li key={id}>
              <div class="list-head">
                <span>
                  {registry}, <Time at={receivedAt} />
                </span>
                {may('admin') && (
                  <span class="page-actions">
                    <Act run={() => act('replay', id)}>Replay</Act>
                    <button type="button" onClick={() => setAsks({ id })}>
                      Discard…
                    </button>
                  </span>
                )}
              </div>
              <p>
                <Said text={reason} />
              </p>
              <details>
                <summary>The event</summary>
                <pre>{printableJson(event)}</pre>
              </details>
            </li>
          ))}
        </ul>
      )}
      <More of={events} />
      {typeof asks === 'object' && (
        <Confirm
          title="Discard this event?"
          action="Discard"
          isDangerous
          run={() => act('discard', asks.id)}
          close={() => setAsks(undefined)}
        >
          <p>It is deleted. What it said is found again by a reconcile, if it still holds.</p>
        </Confirm>
      )}
      {typeof asks === 'string' && (
        <Confirm
          title={asks === 'replay' ? 'Replay all events?' : 'Discard all events?'}
          action={asks === 'replay' ? 'Replay all' : 'Discard all'}
          {...(asks === 'discard' && { type: 'discard', isDangerous: true })}
          run={() => actOnAll(asks)}
          close={() => setAsks(undefined)}
        >
          <p>
            {asks === 'replay'
              ? 'Each is treated as if it had come now. What still cannot be understood comes back.'
              : 'They are deleted. What they said is found again by a reconcile, if it still holds.'}
          </p>
        </Confirm>
      )}
    </Page>
  )
}
