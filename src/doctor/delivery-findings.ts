import type { AuditState } from '../delivery-audit/audit-state.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import type { Found } from './finding.ts'

/** A loss is told for so long, in µs. */
const DAY_US = 86_400_000_000

/** That nobody asks a registry what it could not deliver: advice, since all works without. */
export const notAudited = (registry: string): Found => ({
  level: 'note',
  what: `nobody asks ${registry} what it could not deliver`,
  why: 'a notification that is lost is noticed at the next reconcile only, and each new process of the registry may mean that some were',
  fix: `let Tallyman read its metrics: registries.${registry}.metrics.url, such as http://${registry}:5001/debug/vars; in the registry http.debug.addr (docs/registries.md, Delivery audit)`,
})

/** What the audit of deliveries has found. `state`: `undefined` before the first reading. `now`: epoch µs. */
export function deliveryFindings(registry: string, state: AuditState | undefined, now: number): Found[] {
  if (state === undefined)
    return [
      {
        ...{ level: 'warning', what: `the metrics of ${registry} were not read yet` },
        fix: 'it happens each minute; if it does not, no process works off the queue deliveries',
      },
    ]
  const found: Found[] = Object.entries(state.failing).map(([address, { since, problem }]) => ({
    level: 'error',
    what: `${address} cannot be read since ${formatTimestamp(since)}: ${problem}`,
    why: 'a loss of events would not be noticed',
    fix: `correct registries.${registry}.metrics, or let Tallyman reach it`,
  }))
  if (state.isGrowing)
    found.push({
      ...{
        level: 'error',
        what: `${state.pending} events wait in the queue of ${registry}, and do not get less`,
      },
      why: 'they are lost if it restarts',
      fix: 'see the log of the registry, and whether its deliveries are refused: tallyman registries',
    })
  if (state.lastLoss !== null && now - state.lastLoss.at < DAY_US)
    found.push({
      ...{
        level: 'warning',
        what: `events of ${registry} were lost, last at ${formatTimestamp(state.lastLoss.at)}`,
      },
      why: 'a reconcile found what they told; if it comes again, numbers are wrong until then',
      fix: 'see what is between the registry and Tallyman: a proxy that redirects or answers itself; and whether the registry restarts',
    })
  if (state.uncountedAt > 0 && now - state.uncountedAt < DAY_US)
    found.push({
      ...{ level: 'warning', what: `events come from processes of ${registry} whose metrics are not read` },
      why: 'what those lose is not noticed, and each new process may mean that events were lost',
      fix: `name all of its processes in registries.${registry}.metrics: several url, or pods. Prometheus metrics of distribution 2.8 have no counts of events: use /debug/vars`,
    })
  return found.length > 0
    ? found
    : [{ level: 'ok', what: `all events that left its queue have arrived; ${state.pending} wait in it` }]
}
