import type { Cluster, Redis } from 'ioredis'
import { formatSize } from '../platform/units.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import type { ForecastAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import { fieldsOfSubject, nameOfSubject, type QuotaSubject, subjectKey } from '../queue/quota-subject.ts'
import { projectBase } from '../usage/keys.ts'
import { type ForecastChange, type ForecastState, forecastAlert, NEVER_SOON } from './forecast-alert.ts'
import { forecastText, reachedText } from './forecast-text.ts'
import type { History } from './history.ts'
import { type ForecastQuota, outlookOf } from './outlook.ts'

/**
 * Looks at the forecast of a project, a registry or a group after each sample, and queues an alert if it changed whether it will
 * soon pass its limit. The state is written last, so a run that fails half-way is repeated; the alert's id has the number of the change,
 * so the repeated run queues no second one. Only those whose quota has `willExceedWithin` cost
 * anything.
 */
export function makeForecastAlerts(deps: {
  redis: Redis | Cluster
  prefix: string
  queues: Pick<Queues, 'alerts'>
  quotaOf: (subject: QuotaSubject) => Promise<ForecastQuota | undefined>
  actionFacts: (project: string, now: Date) => Promise<ActionFacts>
  /** epoch ms */
  now: () => number
}) {
  const { redis } = deps

  return async function onSample(
    subject: QuotaSubject,
    history: History,
    projects: readonly string[] = [],
  ): Promise<void> {
    const quota = await deps.quotaOf(subject)
    if (quota?.willExceedWithinMs === undefined) return
    const now = deps.now()
    const { forecast } = outlookOf(history, { now, until: now, measure: quota.measure })
    const bytes = history.hours.at(-1)?.sample[quota.measure] ?? 0
    const key = stateKey(deps.prefix, subject)
    const stored = await redis.get(key)
    const before: ForecastState = stored === null ? NEVER_SOON : JSON.parse(stored)
    const { state, tell } = forecastAlert(before, { forecast, bytes, quota }, now)
    if (state.change === before.change) return
    if (tell !== undefined) {
      const id = jobId('forecast', nameOfSubject(subject), state.change)
      const why = `${sizesOf(bytes, quota)}, ${forecastText(forecast)}.`
      const outlook = {
        ...{ id, at: tell.at, event: 'quota.forecast' as const },
        state: tell.isSoon ? ('soon' as const) : ('notSoon' as const),
        days: tell.reached.likely === null ? null : Math.ceil(tell.reached.likely),
        ...{ usedBytes: bytes, limitBytes: quota.limitBytes },
        bytesPerDay: forecast.kind === 'tooLittle' ? null : Math.round(forecast.perDay.middle),
        text: `${nameOfSubject(subject)} ${outlookText(tell)}: ${why}`,
      }
      const facts =
        tell.isSoon && subject.kind === 'project' ? await deps.actionFacts(subject.id, new Date(now)) : {}
      const about = fieldsOfSubject(subject)
      const more = 'group' in about ? { projects: [...projects] } : facts
      const alert = { ...outlook, ...about, ...more } as ForecastAlert
      await deps.queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: id })
    }
    await redis.set(key, JSON.stringify(state))
  }
}

/** In the slot of a project or registry, and with a project it is forgotten. The name of a registry has no colon. */
const stateKey = (prefix: string, subject: QuotaSubject): string =>
  `${projectBase(prefix, subject.kind === 'group' ? subjectKey(subject) : subject.id)}forecast`

const sizesOf = (bytes: number, { limitBytes }: ForecastQuota): string =>
  `${formatSize(bytes)} of ${formatSize(limitBytes)}`

const outlookText = ({ isSoon, reached }: NonNullable<ForecastChange['tell']>): string =>
  isSoon
    ? `will likely pass its quota ${reachedText(reached) ?? 'soon'}`
    : 'is not about to pass its quota any more'
