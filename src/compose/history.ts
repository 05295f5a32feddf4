import { historyWorker } from '../../workers/history.ts'
import { makeActionFacts } from '../history/action-facts.ts'
import { makeForecastAlerts } from '../history/forecast-alerts.ts'
import { scheduleSamples } from '../history/schedule.ts'
import { makeTakeSamples } from '../history/take-samples.ts'
import { makeNoteHours } from '../report/note-hours.ts'
import { makeReadHeld } from '../report/read-held.ts'
import { isRestoring } from '../snapshot/is-restoring.ts'
import { projectIdsOf, usagesOf } from '../usage/project-sizes.ts'
import { forecastQuotaOf } from './forecast-quota.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules the samples of usage. */
export const prepareHistory = ({ queues }: WorkerParts): Promise<void> => scheduleSamples(queues)

/** Starts the worker that takes samples of usage. */
export function startHistory(parts: WorkerParts) {
  const { ledger, index, histories } = parts
  const takeSamples = makeTakeSamples({
    registries: parts.registries.map(({ name }) => name),
    async isWhole(registry) {
      if (await isRestoring(parts)) return false
      const [{ lastReport }, run] = await Promise.all([
        ledger.status(registry),
        ledger.unfinishedRun(registry),
      ])
      return lastReport !== undefined || run === undefined
    },
    idsOf: (registry) => projectIdsOf(parts, registry),
    usagesOf: (ids) => usagesOf(parts, ids),
    registryBytes: index.registryBytes,
    histories,
    onSample: makeForecastAlerts({
      ...parts,
      quotaOf: (subject) => forecastQuotaOf(parts, subject),
      actionFacts: makeActionFacts(parts),
      now: Date.now,
    }),
    groupsOf: (project) => parts.settings().quotas.groupsOf(project),
    noteHours: makeNoteHours({
      months: parts.months,
      readHeld: makeReadHeld(parts),
      keepsNames: () => parts.settings().config.actors,
      now: Date.now,
    }),
    now: Date.now,
  })
  return historyWorker(parts.context, takeSamples)
}
