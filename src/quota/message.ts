import { formatSize } from '../platform/units.ts'
import type { QuotaAlert } from '../queue/alert.ts'

/** The text of an alert. Warnings begin at `warningPercent` percent of the limit. */
export function message(change: Omit<QuotaAlert, 'id' | 'at' | 'text'> & { warningPercent: number }): string {
  const { registry, project, from, to, uniqueBytes, limitBytes, lastPushedBy, warningPercent } = change
  const [unique, limit] = [formatSize(uniqueBytes), formatSize(limitBytes)]
  // Close to the limit both would read the same.
  const size = unique === limit ? `${uniqueBytes} of ${limitBytes} bytes` : `${unique} of ${limit}`
  // Rounded down: 99.9 % must not read as 100 %.
  const percent = Math.floor((uniqueBytes * 100) / limitBytes)
  const texts = {
    ok: `is back under its ${from === 'over' ? 'quota' : 'warning mark'}: ${size}.`,
    warning: `is at ${percent} % of its quota: ${size} (warning from ${warningPercent} %).`,
    over: `is OVER its quota: ${size}.`,
  }
  const by = to === 'ok' || lastPushedBy === undefined ? '' : ` Last push by ${lastPushedBy}.`
  return `${registry}/${project} ${texts[to]}${by}`
}
