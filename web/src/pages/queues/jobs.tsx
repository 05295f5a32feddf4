import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { printableJson } from '../../../../src/platform/printable.ts'
import { post, remove } from '../../api/request.ts'
import { type Pages, usePages } from '../../api/use-pages.ts'
import { Act } from '../../parts/act.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'
import type { QueueName } from './queues.tsx'

interface Job {
  id: string
  attempts: number
  failedReason: string | null
  data: unknown
}

/** Jobs of a queue that run later. */
export function DelayedJobs({ queue }: { queue: QueueName }) {
  const jobs = usePages(
    '/v1/jobs/{queue}/delayed',
    { path: { queue }, query: { limit: 50 } },
    (page) => page.jobs,
  )
  return (
    <section>
      <h2>Jobs of {queue} that run later</h2>
      <Jobs of={jobs} none="No job waits for a time">
        {({ id, attempts, nextRunAt }) => (
          <>
            <span class="mono">{id}</span>
            <span>
              runs <Time at={nextRunAt} />
              {attempts > 0 && `, after ${attempts} attempts`}
            </span>
          </>
        )}
      </Jobs>
    </section>
  )
}

/** Jobs of a queue that failed for good. `changed`: how many there are has changed. */
export function FailedJobs({ queue, changed }: { queue: QueueName; changed: () => void }) {
  const jobs = usePages(
    '/v1/jobs/{queue}/failed',
    { path: { queue }, query: { limit: 50 } },
    (page) => page.jobs,
  )
  const [discards, setDiscards] = useState<string | 'all'>()
  /** Events that were accepted from a registry are in these jobs, and nowhere else. */
  const losesEvents = queue === 'events'
  async function retry(id?: string) {
    try {
      if (id === undefined) await post('/v1/jobs/{queue}/failed/retry', { path: { queue } })
      else await post('/v1/jobs/{queue}/{id}/retry', { path: { queue, id } })
      say(id === undefined ? `All failed jobs of ${queue} run again` : `Job ${id} runs again`)
    } finally {
      jobs.reload()
      changed()
    }
  }
  async function discard(which: string) {
    const query = losesEvents ? { loseEvents: true } : {}
    if (which === 'all') await remove('/v1/jobs/{queue}/failed', { path: { queue }, query })
    else await remove('/v1/jobs/{queue}/{id}', { path: { queue, id: which }, query })
    say('Discarded')
    jobs.reload()
    changed()
  }
  return (
    <section>
      <header class="page-head">
        <h2>Jobs of {queue} that failed</h2>
        {may('admin') && jobs.items.length > 0 && (
          <div class="page-actions">
            <Act run={() => retry()}>Retry all</Act>
            <button type="button" onClick={() => setDiscards('all')}>
              Discard all…
            </button>
          </div>
        )}
      </header>
      <Jobs of={jobs} none="No job has failed">
        {({ id, attempts, failedAt }) => (
          <>
            <span class="mono">{id}</span>
            <span>
              failed <Time at={failedAt} />, after {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
            </span>
            {may('admin') && (
              <span class="page-actions">
                <Act run={() => retry(id)}>Retry</Act>
                <button type="button" onClick={() => setDiscards(id)}>
                  Discard…
                </button>
              </span>
            )}
          </>
        )}
      </Jobs>
      {discards !== undefined && (
        <Confirm
          title={discards === 'all' ? `Discard all failed jobs of ${queue}?` : `Discard the job ${discards}?`}
          action="Discard"
          {...((losesEvents || discards === 'all') && { type: queue })}
          isDangerous
          run={() => discard(discards)}
          close={() => setDiscards(undefined)}
        >
          {losesEvents && (
            <p>
              These jobs hold events that a registry was told are accepted. They are lost, and a reconcile
              must find out what they said.
            </p>
          )}
        </Confirm>
      )}
    </section>
  )
}

/** Jobs with what went wrong and what they have to do. `children` is the head of each. */
function Jobs<J extends Job>({
  of,
  none,
  children,
}: {
  of: Pages<J>
  none: string
  children: (job: J) => ComponentChildren
}) {
  if (of.items.length === 0 && !of.isLoading && !of.error) return <Empty title={none} />
  return (
    <>
      {of.items.length > 0 && (
        <ul class="list">
          {of.items.map((job) => (
            <li key={job.id}>
              <div class="list-head">{children(job)}</div>
              {job.failedReason && (
                <p>
                  <Said text={job.failedReason} />
                </p>
              )}
              <details>
                <summary>What it has to do</summary>
                <pre>{printableJson(job.data)}</pre>
              </details>
            </li>
          ))}
        </ul>
      )}
      <More of={of} />
    </>
  )
}
