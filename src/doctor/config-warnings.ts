import { warningsAboutChannels } from '../alerts/wants.ts'
import { meetingsOf } from '../config/check-promotion.ts'
import { warningsAboutEscalation } from '../config/check-quotas.ts'
import type { Config } from '../config/schema.ts'
import { warningsAbout } from '../expiry/dialect-opinions.ts'
import { tiesIn } from '../quota/specificity.ts'

/**
 * What may surprise in a configuration that is right: registries that nobody vouches for, what the dialects of expiry policies
 * warn of, quotas of which either could apply or that evict nothing, promotions that can meet, and channels that can get nothing.
 */
export const configWarnings = (config: Config): string[] => [
  ...Object.entries(config.registries).flatMap(([name, { insecure }]) =>
    insecure
      ? `registries.${name}.insecure: any certificate is accepted, so whoever is on the way can be this registry`
      : [],
  ),
  ...config.expiry.policies.flatMap((policy) =>
    'dialect' in policy
      ? warningsAbout(policy).map((warning) => `expiry policy ${policy.name}: ${warning}`)
      : [],
  ),
  ...tiesIn(config.quotas.flatMap((quota) => ('project' in quota ? quota.project : []))).map(
    ([a, b]) =>
      `quotas: ${a} and ${b} are equally specific and may match the same project: the first applies`,
  ),
  ...warningsAboutEscalation(config),
  ...meetingsOf(config),
  ...warningsAboutChannels(config.alerts.channels),
]
