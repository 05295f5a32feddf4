import type { Flag, QuotaAlert } from '../queue/alert.ts'

/** Who was told of a flag that is not ok. It is kept with the flag, so that they also hear of its end. */
export interface Reach {
  /** Of a group: the projects whose channels were told. */
  projects?: readonly string[] | undefined
  /** The channels that were told that it stays over. */
  escalatedTo?: readonly string[] | undefined
}

/** Addresses an alert also to those who were told before. A group may have other projects now, or none. */
export function addressed<A extends QuotaAlert>(alert: A, before: Reach): A {
  const { projects = [], escalatedTo } = before
  return {
    ...alert,
    ...('group' in alert && { projects: [...new Set([...alert.projects, ...projects])] }),
    ...(alert.to !== 'over' && escalatedTo && { endsEscalation: { channels: [...escalatedTo] } }),
  }
}

/** Who was told, once this alert is; `flag` is what it is now. */
export function reachAfter(before: Reach, flag: Flag, alert: QuotaAlert | undefined): Reach {
  const { projects, escalatedTo } = before
  const channels = alert && 'escalation' in alert ? alert.escalation?.channels : undefined
  const told = {
    projects: alert && 'group' in alert ? alert.projects : projects,
    escalatedTo: channels ?? escalatedTo,
  }
  return {
    ...(flag !== 'ok' && told.projects && { projects: told.projects }),
    ...(flag === 'over' && told.escalatedTo?.length && { escalatedTo: told.escalatedTo }),
  }
}
