import type { Answer } from '../../api/request.ts'
import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'

type Result = Answer<'/v1/alerts/deliveries'>['deliveries'][number]['result']

const RESULTS: Record<Result, { text: string; badge: string }> = {
  accepted: { text: 'accepted', badge: 'badge-ok' },
  failed: { text: 'failed, tried again', badge: 'badge-warning' },
  refused: { text: 'refused', badge: 'badge-over' },
  overtaken: { text: 'overtaken by a newer one', badge: '' },
  'given up': { text: 'given up', badge: 'badge-over' },
}

export const ResultBadge = ({ result }: { result: Result }) => (
  <span class={`badge ${RESULTS[result].badge}`}>{RESULTS[result].text}</span>
)

/** What was sent to the channels, and what they answered, the newest first. */
export function Deliveries() {
  const deliveries = usePages('/v1/alerts/deliveries', { query: { limit: 100 } }, (page) => page.deliveries)
  if (deliveries.items.length === 0 && !deliveries.isLoading && !deliveries.error)
    return <Empty title="Nothing was sent so far" />
  return (
    <>
      {deliveries.items.length > 0 && (
        <TableBox isCards label="What was sent">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Channel</th>
                <th>About</th>
                <th>Result</th>
                <th>Message</th>
              </tr>
            </thead>
            <tbody>
              {deliveries.items.map(
                ({ at, channel, message, subject, type, result, answer, text, attempt }) => (
                  <tr key={`${channel} ${message} ${at}`}>
                    <td data-label="When" class="nowrap">
                      <Time at={at} />
                    </td>
                    <td data-label="Channel">{channel}</td>
                    <td class="wide" data-label="About">
                      <Said text={subject} />
                      <div class="hint">{type}</div>
                    </td>
                    <td data-label="Result">
                      <ResultBadge result={result} />
                      {attempt > 1 && <div class="hint">attempt {attempt}</div>}
                    </td>
                    <td class="text">
                      <Said text={text} />
                      {answer && (
                        <div class="hint">
                          Answer: <Said text={answer} />
                        </div>
                      )}
                    </td>
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </TableBox>
      )}
      <More of={deliveries} />
    </>
  )
}
