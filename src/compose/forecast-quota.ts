import type { ForecastQuota } from '../history/outlook.ts'
import type { Parts } from './parts.ts'

/** What a forecast needs of a project's quota. */
export function forecastQuotaOf(
  { quotaOf }: Pick<Parts, 'quotaOf'>,
  project: string,
): ForecastQuota | undefined {
  const quota = quotaOf(project)
  if (quota === undefined) return undefined
  const { limit, warnAt, willExceedWithin } = quota
  return { measure: 'uniqueBytes', limitBytes: limit, warnAt: [warnAt], willExceedWithinMs: willExceedWithin }
}
