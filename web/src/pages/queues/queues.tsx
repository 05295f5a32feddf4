import { useLocation } from 'preact-iso'
import type { Answer } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { DelayedJobs, FailedJobs } from './jobs.tsx'

export type QueueName = Answer<'/v1/jobs'>['queues'][number]['queue']

/** What each queue is for. */
const PURPOSE: Record<QueueName, string> = {
  events: 'Puts events of registries into the index',
  resolve: 'Fetches manifests to learn their layers',
  quota: 'Compares projects with their quotas',
  alerts: 'Tells the channels',
  outgoing: 'Tells other programs',
  promotion: 'Copies images to other registries',
  expiry: 'Plans and deletes what expires',
  reconcile: 'Compares the index with registries',
  snapshot: 'Writes and restores the index',
  history: 'Takes samples for histories',
  storage: 'Surveys the storages of registries',
  journal: 'Writes the journal, and replays policies over it',
  collections: 'Collects the garbage of registries',
  integrity: 'Repairs broken images, and reads images to see whether they are whole',
  deliveries: 'Compares what registries counted with what was taken',
}

/** All queues, and the jobs of one that failed or run later. */
export default function Queues() {
  const { query } = useLocation()
  const counts = useGet('/v1/jobs', {}, { everyMs: 3_000 })
  return (
    <Page
      title="Queues"
      lead="The work in hand. A job that failed stays until somebody retries or discards it."
    >
      <Loaded of={counts} lines={10}>
        {({ queues }) => (
          <>
            <TableBox label="Queues">
              <table>
                <thead>
                  <tr>
                    <th>Queue</th>
                    <th>What it does</th>
                    <th class="number">Waiting</th>
                    <th class="number">In hand</th>
                    <th class="number">Later</th>
                    <th class="number">Failed</th>
                  </tr>
                </thead>
                <tbody>
                  {queues.map(({ queue, waiting, active, delayed, failed, nextRunAt }) => (
                    <tr key={queue}>
                      <th scope="row">{queue}</th>
                      <td>{PURPOSE[queue]}</td>
                      <td class="number">{waiting}</td>
                      <td class="number">{active}</td>
                      <td class="number">
                        {delayed > 0 ? <a href={`/queues?delayed=${queue}`}>{delayed}</a> : 0}
                        {nextRunAt && (
                          <div class="hint">
                            next <Time at={nextRunAt} />
                          </div>
                        )}
                      </td>
                      <td class="number">
                        {failed > 0 ? (
                          <a class="badge badge-over" href={`/queues?failed=${queue}`}>
                            {failed} failed
                          </a>
                        ) : (
                          0
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
            {queues.map(({ queue }) => {
              if (query.failed === queue)
                return <FailedJobs key={queue} queue={queue} changed={counts.reload} />
              return query.delayed === queue && <DelayedJobs key={queue} queue={queue} />
            })}
          </>
        )}
      </Loaded>
    </Page>
  )
}
