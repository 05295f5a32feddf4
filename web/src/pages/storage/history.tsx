import type { Pages } from '../../api/use-pages.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { Told } from '../../parts/told.tsx'
import { type Collection, MODES, OUTCOMES, waitText } from './storage-text.ts'

/** What came of a collection, as a badge; that it goes on, while nothing has. */
export const Outcome = ({ of: { outcome, endedAt } }: { of: Collection }) =>
  outcome === null || endedAt === null ? (
    <span class="badge">under way</span>
  ) : (
    <span class={OUTCOMES[outcome][1]}>{OUTCOMES[outcome][0]}</span>
  )

/** What came back, if anything can have. */
export const Freed = ({ of: { hasCollected, freed } }: { of: Collection }) =>
  hasCollected ? <Bytes of={freed?.bytes} /> : <>nothing</>

/** The collections that were, the newest first. */
export const History = ({ of }: { of: Pages<Collection> }) => (
  <>
    {of.items.length > 0 && (
      <TableBox isCards label="Collections">
        <table>
          <thead>
            <tr>
              <th>When</th>
              <th>Result</th>
              <th class="number">Freed</th>
              <th class="number">Promised</th>
              <th>Pushes held</th>
              <th>Asked by</th>
            </tr>
          </thead>
          <tbody>
            {of.items.map((run) => (
              <tr key={run.id}>
                <th scope="row">
                  <a class="collection-when" href={`/storage/${run.registry}/${run.id}`}>
                    <Time at={run.at} />
                  </a>
                </th>
                <td class="wide" data-label="Result">
                  <Outcome of={run} /> <span class="hint">{MODES[run.mode]}</span>
                  {run.error && (
                    <div class="hint">
                      <Told text={run.error} />
                    </div>
                  )}
                </td>
                <td class="number" data-label="Freed">
                  <Freed of={run} />
                </td>
                <td class="number" data-label="Promised">
                  <Bytes of={run.promised?.bytes} />
                </td>
                <td data-label="Pushes held">{waitText(run)}</td>
                <td data-label="Asked by">
                  <Said text={run.by} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    )}
    {of.items.length === 0 && !of.hasMore && !of.error && (
      <Empty title="No collection yet">Those that Tallyman runs come here.</Empty>
    )}
    <More of={of} />
  </>
)
