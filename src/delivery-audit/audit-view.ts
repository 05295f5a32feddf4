import { type Static, Type } from 'typebox'
import { formatTimestamp } from '../platform/timestamp.ts'
import { type AuditState, vouches } from './audit-state.ts'
import { auditText } from './audit-text.ts'

const instant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

const counts = {
  events: count('Events that it put into its queue.'),
  successes: count('Events that were answered with 2xx or 3xx: delivered, as the registry sees it.'),
  givenUp: count('Events that it dropped, or gave up after its retries.'),
  pending: count('Events in its queue.'),
}

/** How the deliveries of a registry are. */
export const DeliveryAudit = Type.Object({
  summary: Type.String({ description: 'How deliveries are, in words.' }),
  since: instant('Since when it is audited.'),
  readAt: instant('When all of its processes answered last. Null if they never did.'),
  taken: count('Events of it that Tallyman has taken so far, also before the audit began.'),
  pending: count('Events in its queues.'),
  isGrowing: Type.Boolean({ description: 'Whether an alert said that they do not get less.' }),
  lost: count('Events that did not arrive.'),
  lastLoss: Type.Union(
    [
      Type.Object({
        at: instant('When it was noticed.'),
        count: count('How many events. At least, if a process ended.'),
      }),
      Type.Null(),
    ],
    { description: 'The last loss. Null if there was none.' },
  ),
  suspect: count('Events that are missing since the last reading: lost, if they still are at the next.'),
  uncounted: count('Events that came from processes whose metrics are not read, at least.'),
  vouches: Type.Boolean({
    description:
      'Whether the end of a process would be noticed. If not, each new process may have taken the place of another one.',
  }),
  processes: Type.Array(
    Type.Object({
      address: Type.String({ description: 'Where its metrics are.' }),
      readAt: instant('When they were read last, by the clock of the registry.'),
      ...counts,
    }),
    { description: 'Its processes, as they were read last: each counts since its own start.' },
  ),
  failing: Type.Array(
    Type.Object({
      address: Type.String({ description: 'What cannot be read.' }),
      since: instant('Since when.'),
      problem: Type.String({ description: 'Why.' }),
    }),
    { description: 'Metrics that cannot be read.' },
  ),
})
export type DeliveryAudit = Static<typeof DeliveryAudit>

/** What people are shown of the state. `now`: epoch µs. */
export const viewOfAudit = (state: AuditState, now: number): DeliveryAudit => ({
  summary: auditText(state, now),
  ...{ since: formatTimestamp(state.since), readAt: formatTimestamp(state.readAt) },
  ...{ taken: state.taken, pending: state.pending, isGrowing: state.isGrowing, lost: state.lost },
  lastLoss: state.lastLoss && { at: formatTimestamp(state.lastLoss.at), count: state.lastLoss.count },
  ...{ suspect: state.suspect, uncounted: state.uncounted, vouches: vouches(state, now) },
  processes: Object.entries(state.processes).map(([address, { counts, at }]) => ({
    ...{ address, readAt: formatTimestamp(at), ...counts },
  })),
  failing: Object.entries(state.failing).map(([address, { since, problem }]) => ({
    ...{ address, since: formatTimestamp(since), problem },
  })),
})
