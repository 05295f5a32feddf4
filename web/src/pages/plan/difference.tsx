import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { nameOf } from './plan-reading.ts'

const CHANGES = {
  expires: 'Goes now, and did not',
  stays: 'Stays now, and was to go',
  gone: 'Is gone since',
} as const
const MOST = 500

/** What changed in the plan since the last run of the policy, dry or real. */
export function Difference({ policy }: { policy: string }) {
  const diff = useGet('/v1/expiry/diff', { query: { policy, limit: MOST } })
  if (diff.error?.status === 404)
    return (
      <Empty title="No run to compare with">
        A dry run records the plan of now. Later, this page tells what has changed since.
      </Empty>
    )
  return (
    <Loaded of={diff} lines={6}>
      {({ compared, counts, changes }) => {
        const total = counts.expires + counts.stays + counts.gone
        return (
          <>
            {compared.map(({ registry, run, at, dryRun, held }) => (
              <p key={registry}>
                {registry}: since the <a href={`/runs/${run}`}>{dryRun ? 'dry run' : 'run'}</a>{' '}
                <Time at={at} />
                {held.length > 0 && `; not compared, since it deleted nothing there: ${held.join(', ')}`}
              </p>
            ))}
            {total === 0 && <Empty title="Nothing has changed" />}
            {(Object.keys(CHANGES) as (keyof typeof CHANGES)[])
              .filter((change) => counts[change] > 0)
              .map((change) => (
                <section key={change} class="panel">
                  <header class="list-head">
                    <h2>{CHANGES[change]}</h2>
                    <span>{counts[change].toLocaleString('en')}</span>
                  </header>
                  <ul class="plan-changes">
                    {changes
                      .filter((one) => one.change === change)
                      .map((one) => (
                        <li key={`${nameOf(one)} ${one.digest}`}>
                          <strong>
                            <Said text={nameOf(one)} />
                          </strong>
                          <p class="hint">
                            <Said text={one.reason} />
                          </p>
                        </li>
                      ))}
                  </ul>
                </section>
              ))}
            {changes.length < total && <p class="hint">The first {changes.length} changes are shown.</p>}
          </>
        )
      }}
    </Loaded>
  )
}
