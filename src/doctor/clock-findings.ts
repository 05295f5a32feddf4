import { formatDuration } from '../platform/units.ts'
import type { Found } from './finding.ts'

/** A difference that may come from rounding to seconds and from the way, in ms. */
const NONE_MS = 5_000

/** From this difference on, events go to quarantine and nothing is deleted, in ms (`AHEAD_US` in events/out-of-bounds.ts). */
const TOO_MUCH_MS = 300_000

const WHY =
  'ages of images come from both clocks. From five minutes on, events go to quarantine and expiry deletes nothing'

/** Compares a clock with ours. `theirs` and `ours` are epoch ms; `why` says why it matters. */
export function clockFindings(whose: string, theirs: number, ours: number, why = WHY): Found[] {
  const differs = Math.abs(theirs - ours)
  if (differs < NONE_MS) return []
  const way = theirs > ours ? 'ahead of' : 'behind'
  return [
    {
      level: differs < TOO_MUCH_MS ? 'warning' : 'error',
      what: `the clock of ${whose} is ${formatDuration(differs)} ${way} ours`,
      why,
      fix: 'let both hosts set their clocks by NTP: timedatectl set-ntp true',
    },
  ]
}
