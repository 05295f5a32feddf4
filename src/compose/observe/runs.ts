import type { RunState } from '../../expiry/decision.ts'
import type { LastRun } from '../../expiry/last-runs.ts'
import { scheduleId } from '../../expiry/schedule.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { OnRedis, Parts } from '../parts.ts'

const STATES = ['waiting', 'running', 'done', 'stopped', 'failed'] as const satisfies RunState[]

/** Makes what sets the gauges of the last runs of expiry policies, and of when they are due. */
export function observeRuns({ metrics, settings }: Parts, { lastRuns, queues }: OnRedis) {
  return async (): Promise<void> => {
    const policies = settings().expiry.policies.map(({ name, registry }) => ({ policy: name, registry }))
    const runs = await lastRuns.of(policies)
    const schedules = policies.length === 0 ? [] : await queues.expiry.getJobSchedulers()
    // No scrape sees the gauges between here and the end: nothing waits.
    for (const gauge of gaugesOfRuns(metrics)) gauge.reset()
    for (const run of runs) setRun(metrics, run)
    for (const { policy, registry } of policies) {
      const next = schedules.find(({ key }) => key === scheduleId({ name: policy, registry }))?.next
      if (next !== undefined) metrics.nextRun.set({ policy, registry }, next / 1_000)
    }
  }
}

function setRun(metrics: Metrics, run: LastRun): void {
  const { policy, registry } = run
  const labels = { policy, registry }
  for (const state of STATES) metrics.runState.set({ ...labels, state }, run.state === state ? 1 : 0)
  metrics.runStart.set(labels, run.startedAt / 1_000)
  metrics.runChange.set(labels, run.changedAt / 1_000)
  metrics.plannedBytes.set(labels, run.plannedBytes)
  metrics.heldProjects.set(labels, run.held)
  if (run.succeededAt !== undefined) metrics.lastSuccess.set(labels, run.succeededAt / 1_000)
}

const gaugesOfRuns = (metrics: Metrics) => [
  ...[metrics.runState, metrics.runStart, metrics.runChange, metrics.plannedBytes],
  ...[metrics.heldProjects, metrics.lastSuccess, metrics.nextRun],
]
