import { formatDuration } from '../../../../src/platform/units.ts'
import type { Answer } from '../../api/request.ts'
import { Bytes } from '../../parts/bytes.tsx'

/** After how long without being written the journal is late, in s: it is written every five minutes. */
const LATE_S = 900

/** Whether events are recorded, and whether that works. */
export function Journal({
  journal: { isEnabled, oldestWaitingSeconds, waitingBytes, leftOut },
}: {
  journal: Answer<'/v1/replays'>['journal']
}) {
  if (!isEnabled)
    return (
      <div class="notice notice-warn">
        <p>
          Nothing is recorded, so nothing can be replayed: set <code>journal.enabled: true</code>, and wait
          some weeks. A million events a day take some 7 GB for 90 days.
        </p>
      </div>
    )
  const isLate = oldestWaitingSeconds > LATE_S
  return (
    <>
      {leftOut > 0 && (
        <div class="notice notice-bad" role="alert">
          <p>
            {leftOut.toLocaleString('en')} events were not recorded: too much waited to be written to the
            store. Replays say so.
          </p>
        </div>
      )}
      {isLate && (
        <div class="notice notice-warn" role="status">
          <p>
            The journal was not written to the store for {formatDuration(oldestWaitingSeconds * 1_000)}:{' '}
            <Bytes of={waitingBytes} /> wait. The store may be full or away, or no worker of the{' '}
            <a href="/queues">queue</a> <code>journal</code> runs.
          </p>
        </div>
      )}
    </>
  )
}
