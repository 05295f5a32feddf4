import type { Logger } from '../platform/log.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { evaluate, type Quota } from './evaluate.ts'
import type { Flags } from './flags.ts'
import { message } from './message.ts'

/**
 * Sets a project's flag from its usage, and queues an alert if the flag changed. The flag is written last, so a run that
 * fails half-way is repeated. The alert's id comes from the number of the change and its flag, so the repeated run
 * queues no second alert, unless the flag is another one by then.
 */
export function makeEnforce(deps: {
  index: UsageIndex
  flags: Flags
  queues: Queues
  quotaOf: (project: string) => Quota | undefined
  /** Is called when a project comes over its quota; again, if the run that called it is repeated. */
  onOver: (project: string) => Promise<unknown>
  /** What people need to act on an alert. */
  actionFacts: (project: string, now: Date) => Promise<ActionFacts>
  log: Pick<Logger, 'info'>
}) {
  return async function enforce(project: string, now: Date): Promise<void> {
    const [usage, before] = await Promise.all([deps.index.usage(project), deps.flags.get(project)])
    const quota = deps.quotaOf(project)
    const uniqueBytes = usage?.uniqueBytes ?? 0
    const flag = quota ? evaluate(uniqueBytes, quota) : 'ok'
    if (flag === before.flag) return
    const change = before.change + 1
    const { registry, path } = splitProjectId(project)
    const states = { registry, project: path, from: before.flag, to: flag }
    let line = `${project} has no quota any more: its flag is ok`
    if (quota) {
      const id = jobId('alert', project, change, flag)
      const by = usage?.lastPushedBy ? { lastPushedBy: usage.lastPushedBy } : {}
      const facts = { ...states, uniqueBytes, limitBytes: quota.limit }
      const warningPercent = Math.round(quota.warnAt * 100)
      const text = message({ ...facts, ...by, warningPercent })
      const alert = {
        ...facts,
        ...by,
        ...(await deps.actionFacts(project, now)),
        id,
        at: now.toISOString(),
        text,
      }
      await deps.queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: id })
      // Names of people are personal data: the log has none.
      line = message({ ...facts, warningPercent })
    }
    if (flag === 'over') await deps.onOver(project)
    await deps.flags.set(project, { flag, since: now.toISOString(), change })
    deps.log.info({ ...states, uniqueBytes, limitBytes: quota?.limit ?? null }, line)
  }
}
