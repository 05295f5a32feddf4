import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../platform/log.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import { type QuotaAlert, quotaSubjectOf } from '../queue/alert.ts'
import { fieldsOfSubject, nameOfSubject, type QuotaSubject } from '../queue/quota-subject.ts'
import { alertOf, endAlertOf } from './alert-of.ts'
import { evaluate, withoutQuota } from './evaluate.ts'
import type { Flags, ReadEntry } from './flags.ts'
import type { QuotasInForce } from './in-force.ts'
import type { MeasureSubject } from './measure.ts'
import { addressed, reachAfter } from './reach.ts'

/** How often a look begins anew, since another one has changed the flag meanwhile. */
const MOST_TRIES = 5

/**
 * Brings a flag up to date with what is used. The state of the flag holds the alert about its change until that is queued, and
 * is replaced only if no other run has replaced it. So each change is told once, also if a run is killed or runs twice.
 */
export function makeEnforce(deps: {
  flags: Pick<Flags, 'entry' | 'replace'>
  inForce: Pick<QuotasInForce, 'of'>
  measure: MeasureSubject
  /** Queues an alert. Is called again with the same one if a run is killed. */
  announce: (alert: QuotaAlert) => Promise<unknown>
  /** A project is over its quota, or has stayed so until it is escalated. May be called again, as `announce`. */
  onOver: (project: string, isEscalation: boolean) => Promise<unknown>
  /** What people need to act on an alert about a project, once it is escalated, or before. */
  actionFacts: (project: string, now: Date, at: { isEscalated: boolean }) => Promise<ActionFacts>
  /** What is to be done after each look at a subject. */
  afterwards: (subject: QuotaSubject, lookAt: Date | undefined) => Promise<unknown>
  log: Pick<Logger, 'info'>
}) {
  const { flags, log } = deps

  return async function enforce(subject: QuotaSubject, now: Date): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const looked = await look(subject, now)
      if (looked !== undefined) return void (await deps.afterwards(subject, looked.lookAt))
    }
    throw new Error(`other runs change the flag of ${nameOfSubject(subject)} again and again`)
  }

  /** `undefined` if another run has changed the flag meanwhile. */
  async function look(subject: QuotaSubject, now: Date): Promise<{ lookAt?: Date } | undefined> {
    const before = await flags.entry(subject)
    if (before.untold !== undefined) {
      await tell(subject, before, before.untold)
      return undefined
    }
    // What is measured now is newer than the state that was read.
    const inForce = await deps.inForce.of(subject)
    const measured = await deps.measure(subject, inForce?.quota)
    if (measured === undefined) return {}
    const evaluation = inForce
      ? evaluate(before.state, measured, inForce.quota, now)
      : { state: withoutQuota(before.state, now) }
    const { state, change, lookAt } = evaluation
    if (isDeepStrictEqual(state, before.state)) return { ...(lookAt && { lookAt }) }

    const told =
      inForce === undefined
        ? endAlertOf(subject, before.state, state, now)
        : change && alertOf(subject, inForce, measured, { state, change }, now)
    const alert = told && addressed(told.alert, before)
    if (alert !== undefined && inForce !== undefined && subject.kind === 'project')
      Object.assign(alert, await deps.actionFacts(subject.id, now, state))
    const next = { state, ...reachAfter(before, state.flag, alert), ...(alert && { untold: alert }) }
    const entry = await flags.replace(subject, before, next)
    if (entry === undefined) return undefined
    if (alert !== undefined) {
      log.info(fieldsOf(alert), told?.line)
      await tell(subject, entry, alert)
    }
    return { ...(lookAt && { lookAt }) }
  }

  /** Queues the alert of an entry, and takes it out of the entry. */
  async function tell({ kind, id }: QuotaSubject, entry: ReadEntry, alert: QuotaAlert): Promise<void> {
    const { text: _, untold: __, ...kept } = entry
    await deps.announce(alert)
    if (kind === 'project' && alert.to === 'over')
      await deps.onOver(id, 'escalation' in alert && alert.escalation !== undefined)
    await flags.replace({ kind, id }, entry, kept)
  }
}

/** What the log has of an alert, which has no names of people. */
function fieldsOf(alert: QuotaAlert): object {
  const { from, to } = alert
  const about = { ...fieldsOfSubject(quotaSubjectOf(alert)), from, to }
  if ('reason' in alert) return { ...about, reason: alert.reason }
  const { measure, used, limit, mark } = alert
  return { ...about, measure, used, limit, mark }
}
