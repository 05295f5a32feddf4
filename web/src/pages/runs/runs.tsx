import { usePages } from '../../api/use-pages.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { ReplayLink } from '../replay/replay-link.tsx'
import { outcomesOf, type Run, STATES } from './run-text.ts'

/** The runs of the expiry policies, the newest first. */
export default function Runs() {
  const runs = usePages('/v1/expiry/runs', { query: { limit: 50 } }, (page): readonly Run[] => page.runs)
  return (
    <Page
      title="Runs"
      lead="Each run of an expiry policy, with all that it deleted and why. Dry runs delete nothing, and are kept for a week."
      actions={
        <>
          <ReplayLink />
          <button type="button" onClick={runs.reload}>
            Read again
          </button>
        </>
      }
    >
      {runs.items.length > 0 && (
        <TableBox isCards label="Runs">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Policy</th>
                <th>State</th>
                <th>What it did</th>
                <th class="number">Freed</th>
                <th>Asked by</th>
              </tr>
            </thead>
            <tbody>
              {runs.items.map((run) => (
                <tr key={run.id}>
                  <th scope="row">
                    <a href={`/runs/${run.id}`}>
                      <Time at={run.at} />
                    </a>
                  </th>
                  <td class="wide" data-label="Policy">
                    <Said text={run.policy} /> <span class="hint">at {run.registry}</span>
                  </td>
                  <td data-label="State">
                    <span class={STATES[run.state].badge}>{STATES[run.state].text}</span>{' '}
                    {run.dryRun && <span class="badge">dry run</span>}
                  </td>
                  <td class="wide" data-label="What it did">
                    {outcomesOf(run).join(', ') || 'nothing to delete'}
                    {run.held && <div class="hint">held in {run.held.length} projects</div>}
                  </td>
                  <td class="number" data-label="Freed">
                    {run.dryRun ? '' : <Bytes of={run.progress.freedBytes} />}
                  </td>
                  <td data-label="Asked by">
                    <Said text={run.by} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {runs.items.length === 0 && !runs.hasMore && !runs.error && (
        <Empty title="No run yet">
          A policy with <code>mode: apply</code> runs by its schedule. <a href="/plan">The plan</a> shows what
          it would do.
        </Empty>
      )}
      <More of={runs} />
    </Page>
  )
}
