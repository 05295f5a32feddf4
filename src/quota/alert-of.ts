import type { QuotaAlert, QuotaChangeAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import { fieldsOfSubject, nameOfSubject, type QuotaSubject, subjectKey } from '../queue/quota-subject.ts'
import { type Evaluation, type FlagState, usedOf } from './evaluate.ts'
import type { QuotaInForce } from './in-force.ts'
import type { Measurement } from './measure.ts'
import { endMessage, message, type Told } from './message.ts'

/** The alert about a change, and its line for the log, which has no names of people: these are personal data. */
export function alertOf(
  subject: QuotaSubject,
  { quota, override }: QuotaInForce,
  measured: Measurement,
  { state, change }: Pick<Evaluation, 'state'> & Required<Pick<Evaluation, 'change'>>,
  now: Date,
): { alert: QuotaChangeAlert; line: string } {
  const [fullest] = usedOf(measured, quota)
  if (fullest === undefined) throw new Error(`the quota of ${nameOfSubject(subject)} has no limit`)
  const { what: measure, used, limit } = fullest
  const { from, to, isEscalation } = change
  const { lastPushedBy, projects = [] } = measured
  const at = state.toldAt ?? now.toISOString()
  const facts = { from, to, measure, used, limit, mark: state.mark }
  const told: Told = {
    ...{ ...facts, name: nameOfSubject(subject), graceMs: quota.grace ?? 0 },
    ...(isEscalation && { overForMs: now.getTime() - Date.parse(state.since ?? at) }),
  }
  const people = { ...(lastPushedBy !== undefined && { lastPushedBy }), ...(override && { override }) }
  const alert = {
    ...{ id: jobId('alert', subjectKey(subject), state.change, to, at), at },
    ...{ ...facts, text: message({ ...told, ...people }), ...(override && { override }) },
    ...(isEscalation && { escalation: { channels: [...(quota.escalate?.channels ?? [])] } }),
  }
  const about = fieldsOfSubject(subject)
  const more = 'group' in about ? { projects } : lastPushedBy === undefined ? {} : { lastPushedBy }
  return { alert: { ...alert, ...about, ...more } as QuotaChangeAlert, line: message(told) }
}

/** The alert that a flag is ok since its subject has no quota any more; `undefined` if it was ok. */
export function endAlertOf(
  subject: QuotaSubject,
  before: Pick<FlagState, 'flag'>,
  state: FlagState,
  now: Date,
): { alert: QuotaAlert; line: string } | undefined {
  const { flag: from } = before
  if (from === 'ok') return undefined
  const [at, line] = [state.toldAt ?? now.toISOString(), endMessage(nameOfSubject(subject), from)]
  const id = jobId('alert', subjectKey(subject), state.change, 'ok', at)
  const about = fieldsOfSubject(subject)
  // What a group had is not known any more: who was told before is told (reach.ts).
  const more = 'group' in about ? { projects: [] } : {}
  const told = { id, at, from, to: 'ok' as const, reason: 'quota removed' as const, text: line }
  return { alert: { ...told, ...about, ...more } as QuotaAlert, line }
}
