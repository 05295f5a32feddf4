import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { evaluate, type Quota } from './evaluate.ts'
import type { Flags } from './flags.ts'
import { message } from './message.ts'

/**
 * Brings a project's flag up to date with its usage and has a change announced, once: the announcement's id
 * comes from the change's number, and the flag is written last, so that a run cut short says the same again.
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
      const id = jobId('alert', project, change)
      const { registry, path } = splitProjectId(project)
      const states = { registry, project: path, from: before.flag, to: flag }
      const facts = { ...states, uniqueBytes, limitBytes: quota.limit }
      const text = message({ ...facts, warningPercent: Math.round(quota.warnAt * 100) })
      const alert = { ...facts, id, at: now.toISOString(), text }
      await deps.queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: id })
    }
    await deps.flags.set(project, { flag, since: now.toISOString(), change })
  }
}
