import { useRoute } from 'preact-iso'
import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { NotAudited } from './not-audited.tsx'

/** What each process of a registry counted of its deliveries, and what of it did not arrive. */
export default function Deliveries() {
  const { name = '' } = useRoute().params
  const read = useGet('/v1/registries/{name}/delivery-audit', { path: { name } }, { everyMs: 10_000 })
  return (
    <Page
      title={`Deliveries of ${name}`}
      lead="What the registry counted of its events, against what arrived here. Its metrics are read each minute."
      actions={
        <a class="button" href="/registries">
          All registries
        </a>
      }
    >
      {read.error?.status === 409 ? (
        <Empty title="Nobody asks this registry">
          <NotAudited registry={name} />
        </Empty>
      ) : read.error?.status === 404 ? (
        <Empty title="Nothing is known yet">
          <Said text={read.error.message} />
        </Empty>
      ) : (
        <Loaded of={read} lines={8}>
          {(audit) => (
            <>
              {audit.failing.map(({ address, since, problem }) => (
                <div key={address} class="notice notice-bad" role="alert">
                  <p>
                    <Said text={address} /> cannot be read since <Time at={since} />: <Said text={problem} />.
                    A loss of its events would not be noticed.
                  </p>
                </div>
              ))}
              <section class="panel">
                <dl class="facts">
                  <dt>Waiting</dt>
                  <dd>
                    {audit.pending.toLocaleString('en')} in its queues{' '}
                    {audit.isGrowing && <span class="badge badge-over">do not get less</span>}
                    {audit.isGrowing && (
                      <div class="hint">
                        All of them are lost if the registry restarts. Its log says why a delivery fails.
                      </div>
                    )}
                  </dd>
                  <dt>Lost</dt>
                  <dd>
                    {audit.lastLoss === null ? (
                      'none'
                    ) : (
                      <>
                        <span class="badge badge-over">{audit.lost.toLocaleString('en')}</span> the last{' '}
                        {audit.lastLoss.count.toLocaleString('en')} <Time at={audit.lastLoss.at} />
                        <div class="hint">A reconcile finds what they told; only their pulls are gone.</div>
                      </>
                    )}
                  </dd>
                  <dt>In doubt</dt>
                  <dd>
                    {audit.suspect === 0 ? (
                      'none'
                    ) : (
                      <>
                        <span class="badge badge-warning">{audit.suspect.toLocaleString('en')}</span> did not
                        arrive so far: lost, if they are still missing at the next reading
                      </>
                    )}
                  </dd>
                  <dt>Taken</dt>
                  <dd>
                    {audit.taken.toLocaleString('en')} events by Tallyman
                    {audit.uncounted > 0 &&
                      `, at least ${audit.uncounted.toLocaleString('en')} of them from processes whose metrics are not read`}
                  </dd>
                  <dt>Last read</dt>
                  <dd>
                    <Time at={audit.readAt} />, audited since <Time at={audit.since} />
                    {!audit.vouches && (
                      <div class="hint">
                        The end of a process would not be noticed: each new one may have taken the place of
                        another one.
                      </div>
                    )}
                  </dd>
                </dl>
              </section>
              <h2>By process, since its start</h2>
              <TableBox isCards label="By process, since its start">
                <table>
                  <thead>
                    <tr>
                      <th>Process</th>
                      <th class="number">Events</th>
                      <th class="number">Delivered</th>
                      <th class="number">Given up</th>
                      <th class="number">Waiting</th>
                      <th>Read</th>
                    </tr>
                  </thead>
                  <tbody>
                    {audit.processes.map(({ address, events, successes, givenUp, pending, readAt }) => (
                      <tr key={address}>
                        <th scope="row">
                          <Said text={address} />
                        </th>
                        {Object.entries({ Events: events, Delivered: successes }).map(([label, count]) => (
                          <td key={label} class="number" data-label={label}>
                            {count.toLocaleString('en')}
                          </td>
                        ))}
                        <td class="number" data-label="Given up">
                          {givenUp > 0 ? (
                            <span class="badge badge-over">{givenUp.toLocaleString('en')}</span>
                          ) : (
                            0
                          )}
                        </td>
                        <td class="number" data-label="Waiting">
                          {pending.toLocaleString('en')}
                        </td>
                        <td data-label="Read">
                          <Time at={readAt} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </TableBox>
            </>
          )}
        </Loaded>
      )}
    </Page>
  )
}
