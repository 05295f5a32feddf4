import { formatSize } from '../platform/units.ts'
import type { QuotaChangeAlert } from '../queue/alert.ts'

type What = QuotaChangeAlert['measure']

const isCount = (what: What): what is 'tags' | 'manifests' => what === 'tags' || what === 'manifests'

/** What is used of a limit, for people: `41.0 GiB of 50.0 GiB`, `51.2 GiB of 50.0 GiB (exclusive)`, `120 of 100 tags`. */
export function amountOf(what: What, used: number, limit: number): string {
  if (isCount(what)) return `${used} of ${limit} ${what}`
  const [some, all] = [formatSize(used), formatSize(limit)]
  // Close to the limit both would read the same.
  const size = some === all ? `${used} of ${limit} bytes` : `${some} of ${all}`
  return what === 'unique' ? size : `${size} (${what})`
}

/** A number of bytes, tags or manifests, for people. */
export const numberOf = (what: What, number: number): string =>
  isCount(what) ? `${number} ${what}` : formatSize(number)
