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
}) {
  return async function enforce(project: string, now: Date): Promise<void> {
    const [usage, before] = await Promise.all([deps.index.usage(project), deps.flags.get(project)])
    const quota = deps.quotaOf(project)
    const uniqueBytes = usage?.uniqueBytes ?? 0
    const flag = quota ? evaluate(uniqueBytes, quota) : 'ok'
    if (flag === before.flag) return
    const change = before.change + 1
    if (quota) {
      const id = jobId('alert', project, change, flag)
      const { registry, path } = splitProjectId(project)
      const states = { registry, project: path, from: before.flag, to: flag }
      const by = usage?.lastPushedBy ? { lastPushedBy: usage.lastPushedBy } : {}
      const facts = { ...states, uniqueBytes, limitBytes: quota.limit, ...by }
      const text = message({ ...facts, warningPercent: Math.round(quota.warnAt * 100) })
      const alert = { ...facts, id, at: now.toISOString(), text }
      await deps.queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: id })
    }
    await deps.flags.set(project, { flag, since: now.toISOString(), change })
  }
}
