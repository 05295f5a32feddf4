import { outlookOf } from '../../history/outlook.ts'
import { DAY_MS, dayOf } from '../../history/sample.ts'
import type { QuotaSubject } from '../../queue/quota-subject.ts'
import { forecastQuotaOf } from '../forecast-quota.ts'
import type { OnRedis } from '../parts.ts'

/** How long a forecast is used for metrics, in ms. It is made of days. */
export const FORECAST_MS = 300_000

/**
 * Makes what tells when a subject most likely passes its limit, in epoch seconds; `undefined` if that is not in sight. `history`:
 * the id of its history.
 */
export const makeFullAt =
  ({ histories, inForce }: Pick<OnRedis, 'histories' | 'inForce'>) =>
  async (subject: QuotaSubject, history: string): Promise<number | undefined> => {
    const quota = await forecastQuotaOf({ inForce }, subject)
    if (quota === undefined) return undefined
    const now = Date.now()
    const known = await histories.of(history)
    const { thresholds } = outlookOf(known, { now, until: now, measure: quota.measure, quota })
    const days = thresholds.find(({ share }) => share === 1)?.reached.likely
    return days === null || days === undefined ? undefined : ((dayOf(now) + days) * DAY_MS) / 1_000
  }
