import { formatDuration } from '../../../../src/platform/units.ts'
import { followJob } from '../../api/follow-job.ts'
import { post } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Act } from '../../parts/act.tsx'
import { Bytes } from '../../parts/bytes.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { say } from '../../parts/toast.tsx'
import { useStay } from '../../parts/use-stay.ts'
import { may } from '../../session.ts'
import { type ScrubResult, scrubText } from './scrub-text.ts'

/** How far the scrubs of a registry are, and a button that reads the rest of the day's budget. `found`: called after that. */
export function Scrub({ registry, found }: { registry: string; found: () => void }) {
  const path = { name: registry }
  const read = useGet('/v1/registries/{name}/scrub', { path }, { everyMs: 10_000 })
  const signal = useStay()
  if (read.error?.status === 409)
    return (
      <span class="hint">
        Off: with <code>registries.{registry}.scrub.bytesPerDay</code> it finds wrong bytes, too.
      </span>
    )
  async function scrub() {
    const { job } = await post('/v1/registries/{name}/scrub', { path })
    const ended = await followJob(job, { signal, told: read.reload })
    if (ended === undefined) return
    read.reload()
    found()
    if (ended.state === 'failed') throw new Error(ended.failedReason ?? 'The scrub failed.')
    say(scrubText(ended.result as ScrubResult))
  }
  return (
    <Loaded of={read} lines={2}>
      {({ readToday, bytesPerDay, images, contents, periodSeconds, lastRunAt, first, url }) => (
        <>
          <div class="broken-scrub">
            <progress max={bytesPerDay} value={Math.min(readToday, bytesPerDay)} aria-label="Read today" />
            <span>
              <Bytes of={readToday} /> of <Bytes of={bytesPerDay} /> today
            </span>
            {may('admin') && readToday < bytesPerDay && (
              <Act run={scrub}>
                Scrub now<span class="unseen"> at {registry}</span>
              </Act>
            )}
          </div>
          <div class="hint">
            {images.toLocaleString('en')} images read so far, last <Time at={lastRunAt} never="none yet" />.{' '}
            {contents.toLocaleString('en')} contents were right within {formatDuration(periodSeconds * 1_000)}
            .{' '}
            {first > 0
              ? `Next: ${first} repositories where garbage was collected, then the most pulled.`
              : 'Next: images of the most pulled projects.'}{' '}
            Read through <Said text={url} />.
          </div>
        </>
      )}
    </Loaded>
  )
}
