import type { Cluster, Redis } from 'ioredis'
import { formatSize } from '../platform/units.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import type { ForecastAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import { projectBase } from '../usage/keys.ts'
import { splitProjectId } from '../usage/project.ts'
import { type ForecastChange, type ForecastState, forecastAlert, NEVER_SOON } from './forecast-alert.ts'
import { forecastText, reachedText } from './forecast-text.ts'
import type { History } from './history.ts'
import { type ForecastQuota, outlookOf } from './outlook.ts'

/**
 * Looks at the forecast of a project after each sample, and queues an alert if it changed whether the project will soon pass its
 * limit. The state is written last, so a run that fails half-way is repeated; the alert's id has the number of the change,
 * so the repeated run queues no second one. Only projects whose quota has `willExceedWithin` cost anything.
 */
export function makeForecastAlerts(deps: {
  redis: Redis | Cluster
  prefix: string
  queues: Pick<Queues, 'alerts'>
  quotaOf: (project: string) => Promise<ForecastQuota | undefined>
  actionFacts: (project: string, now: Date) => Promise<ActionFacts>
  /** epoch ms */
  now: () => number
}) {
  const { redis } = deps

  return async function onSample(project: string, history: History): Promise<void> {
    const quota = await deps.quotaOf(project)
    if (quota?.willExceedWithinMs === undefined) return
    const now = deps.now()
    const { forecast } = outlookOf(history, { now, until: now, measure: quota.measure })
    const bytes = history.hours.at(-1)?.sample[quota.measure] ?? 0
    const key = `${projectBase(deps.prefix, project)}forecast`
    const stored = await redis.get(key)
    const before: ForecastState = stored === null ? NEVER_SOON : JSON.parse(stored)
    const { state, tell } = forecastAlert(before, { forecast, bytes, quota }, now)
    if (state.change === before.change) return
    if (tell !== undefined) {
      const id = jobId('forecast', project, state.change)
      const why = `${sizesOf(bytes, quota)}, ${forecastText(forecast)}.`
      const alert: ForecastAlert = {
        ...{ id, at: new Date(now).toISOString(), event: 'quota.forecast' },
        ...{ registry: splitProjectId(project).registry, project: splitProjectId(project).path },
        state: tell.isSoon ? 'soon' : 'notSoon',
        days: tell.reached.likely === null ? null : Math.ceil(tell.reached.likely),
        ...{ usedBytes: bytes, limitBytes: quota.limitBytes },
        bytesPerDay: forecast.kind === 'tooLittle' ? null : Math.round(forecast.perDay.middle),
        ...(tell.isSoon && (await deps.actionFacts(project, new Date(now)))),
        text: `${project} ${outlookText(tell)}: ${why}`,
      }
      await deps.queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: id })
    }
    await redis.set(key, JSON.stringify(state))
  }
}

const sizesOf = (bytes: number, { limitBytes }: ForecastQuota): string =>
  `${formatSize(bytes)} of ${formatSize(limitBytes)}`

const outlookText = ({ isSoon, reached }: NonNullable<ForecastChange['tell']>): string =>
  isSoon
    ? `will likely pass its quota ${reachedText(reached) ?? 'soon'}`
    : 'is not about to pass its quota any more'
