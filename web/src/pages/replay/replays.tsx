import type { Answer } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { usePages } from '../../api/use-pages.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { More } from '../../parts/more.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { may } from '../../session.ts'
import { Journal } from './journal.tsx'
import { deletedText, type Replay, regretText, STATES } from './replay-text.ts'
import { Start } from './start.tsx'

/** Replays of policies over the journal: what they would have deleted, and what of it was pulled afterwards. */
export default function Replays() {
  const read = useGet('/v1/replays', { query: { limit: 1 } }, { everyMs: 5_000 })
  return (
    <Page
      title="Replay"
      lead="What a policy would have deleted in the recorded past, and what of that somebody pulled afterwards. Nothing is deleted."
      actions={
        <a class="button" href="/plan">
          The plan
        </a>
      }
    >
      <Loaded of={read} lines={3}>
        {({ journal, running }) => (
          <>
            <Journal journal={journal} />
            {journal.isEnabled && may('admin') && <Start running={running?.id} />}
            <List running={running} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function List({ running }: { running: Answer<'/v1/replays'>['running'] }) {
  const pages = usePages('/v1/replays', { query: { limit: 50 } }, (page): readonly Replay[] => page.replays, {
    everyMs: 15_000,
  })
  const all = running ? [running, ...pages.items.filter(({ id }) => id !== running.id)] : pages.items
  return (
    <>
      {all.length > 0 && (
        <TableBox isCards label="Replays">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Policy</th>
                <th>Would have deleted</th>
                <th class="number">Freed</th>
                <th>Pulled afterwards</th>
                <th class="number">Their size</th>
              </tr>
            </thead>
            {all.map((replay) => (
              <Rows key={replay.id} replay={replay} />
            ))}
          </table>
        </TableBox>
      )}
      {all.length === 0 && !pages.hasMore && !pages.error && (
        <Empty title="No replay yet">
          Their results are kept for 90 days. <code>tallyman replay --policy FILE</code> tries a policy that
          is not configured.
        </Empty>
      )}
      <More of={pages} />
    </>
  )
}

/** A row for each policy of a replay. */
function Rows({ replay: { id, at, by, state, why, result } }: { replay: Replay }) {
  const policies = result?.policies ?? []
  const head = (
    <th scope="rowgroup" rowSpan={Math.max(1, policies.length)}>
      <a href={`/replay/${id}`}>
        <Time at={at} />
      </a>
      <div class="hint">
        <Said text={by} />
      </div>
    </th>
  )
  if (policies.length === 0)
    return (
      <tbody>
        <tr>
          {head}
          <td colSpan={5}>
            <span class={STATES[state].badge}>{STATES[state].text}</span> {why && <Said text={why} />}
          </td>
        </tr>
      </tbody>
    )
  return (
    <tbody>
      {policies.map((policy, n) => (
        <tr key={n}>
          {n === 0 && head}
          <td class="wide" data-label="Policy">
            <Said text={policy.policy} /> <span class="hint">at {policy.registry}</span>
          </td>
          <td data-label="Would have deleted">{deletedText(policy)}</td>
          <td class="number" data-label="Freed">
            <Bytes of={policy.bytes} />
          </td>
          <td data-label="Pulled afterwards">{regretText(policy)}</td>
          <td class="number" data-label="Their size">
            <Bytes of={policy.regretted.bytes} />
          </td>
        </tr>
      ))}
    </tbody>
  )
}
