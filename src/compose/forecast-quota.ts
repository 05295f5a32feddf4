import type { ForecastQuota } from '../history/outlook.ts'
import type { QuotaSubject } from '../queue/quota-subject.ts'
import type { QuotasInForce } from '../quota/in-force.ts'

/** The histories have no bytes of tagged images, and none of storages. */
const MEASURES = {
  unique: 'uniqueBytes',
  exclusive: 'exclusiveBytes',
  referenced: 'referencedBytes',
} as const

/** What a forecast needs of a quota; `undefined` if there is none in bytes that a history has. */
export async function forecastQuotaOf(
  { inForce }: { inForce: Pick<QuotasInForce, 'of'> },
  subject: QuotaSubject,
): Promise<ForecastQuota | undefined> {
  const found = await inForce.of(subject)
  if (found?.quota.limit === undefined) return undefined
  const { measure, limit, warnAt, willExceedWithin } = found.quota
  if (measure === 'tagged' || measure === 'stored') return undefined
  return { measure: MEASURES[measure], limitBytes: limit, warnAt, willExceedWithinMs: willExceedWithin }
}
