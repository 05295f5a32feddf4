import { useEffect, useRef } from 'preact/hooks'
import type { Answer } from '../../api/request.ts'
import { usePages } from '../../api/use-pages.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { nameOf } from '../plan/plan-reading.ts'
import { isUnderWay, OUTCOME_TEXT, type Run } from './run-text.ts'

type Deleted = Answer<'/v1/expiry/runs/{id}/deletes'>['deletes'][number]

const BADGES: Record<string, string> = {
  deleted: 'badge badge-ok',
  untagged: 'badge badge-ok',
  failed: 'badge badge-over',
  refused: 'badge badge-warning',
  moved: 'badge badge-warning',
}

/** How often the record of a run that goes on is read again, in ms. */
const LOOK_MS = 6_000

/** Each image that the run was to delete: what became of it, and why. */
export function Deletes({ run }: { run: Run }) {
  const [query, change] = useQuery()
  const goesOn = isUnderWay(run)
  const pages = usePages(
    '/v1/expiry/runs/{id}/deletes',
    { path: { id: run.id }, query: { limit: 200 } },
    (page): readonly Deleted[] => page.deletes,
    // Its record is written every few seconds.
    goesOn ? { everyMs: LOOK_MS } : {},
  )
  const wentOn = useRef(goesOn)
  useEffect(() => {
    if (wentOn.current && !goesOn) pages.reload()
    wentOn.current = goesOn
  }, [goesOn])
  const outcomes = [...new Set(pages.items.map(({ outcome }) => outcome))]
  const chosen = outcomes.find((one) => one === query.outcome)
  const shown = pages.items.filter(({ outcome }) => chosen === undefined || outcome === chosen)
  // Before it has a record there are none.
  if (pages.error?.status === 404) return null
  if (pages.items.length === 0 && !pages.hasMore) return null
  return (
    <>
      <header class="filters">
        <h2>{run.dryRun ? 'What would go' : 'What it did'}</h2>
        {outcomes.length > 1 && (
          <select
            aria-label="Outcome"
            value={chosen ?? ''}
            onChange={(event) => change({ outcome: event.currentTarget.value })}
          >
            <option value="">All outcomes</option>
            {outcomes.map((outcome) => (
              <option key={outcome} value={outcome}>
                {OUTCOME_TEXT[outcome]}
              </option>
            ))}
          </select>
        )}
      </header>
      {shown.length > 0 && (
        <TableBox label="Images of the run">
          <table>
            <thead>
              <tr>
                <th>Image</th>
                <th>Outcome</th>
                <th>Why</th>
                <th class="number">Freed</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <tr key={`${one.repository}@${one.digest} ${one.untag}`}>
                  <th scope="row" class="run-image">
                    <Said text={nameOf(one)} />
                    {(one.outcome === 'deleted' || one.outcome === 'untagged') && (
                      <div class="hint">
                        <a
                          href={`/trash?${new URLSearchParams({ registry: run.registry, search: one.repository })}`}
                        >
                          in the trash
                        </a>
                      </div>
                    )}
                  </th>
                  <td>
                    <span class={BADGES[one.outcome] ?? 'badge'}>{OUTCOME_TEXT[one.outcome]}</span>
                  </td>
                  <td class="text">
                    {one.why && (
                      <div>
                        <Said text={one.why} />
                      </div>
                    )}
                    <span class={one.why ? 'hint' : ''}>
                      <Said text={`${one.rule ?? 'no rule'}: ${one.reason}`} />
                    </span>
                  </td>
                  <td class="number">
                    <Bytes of={one.bytes ?? one.reclaimableBytes ?? 0} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      <More of={pages} />
    </>
  )
}
