import { useState } from 'preact/hooks'
import { followJob } from '../../api/follow-job.ts'
import { post } from '../../api/request.ts'
import { Act } from '../../parts/act.tsx'
import { Time } from '../../parts/time.tsx'
import { sayFailure } from '../../parts/toast.tsx'
import { useStay } from '../../parts/use-stay.ts'
import { may } from '../../session.ts'
import { durationText, type Glance } from './storage-text.ts'

/** When a storage was surveyed, and a button that does it now; or that it goes on. */
export function Survey({ of: { registry, report, surveying }, reload }: { of: Glance; reload: () => void }) {
  const [isAsked, setAsked] = useState(false)
  const signal = useStay()
  async function start() {
    const { job } = await post('/v1/registries/{name}/storage', { path: { name: registry } })
    setAsked(true)
    reload()
    followJob(job, { signal })
      .then((ended) => {
        if (ended?.state === 'failed') sayFailure(`${registry}: ${ended.failedReason ?? 'the survey failed'}`)
      }, sayFailure)
      .finally(() => {
        setAsked(false)
        reload()
      })
  }
  return (
    <div class="survey">
      <div class="hint" role="status">
        {surveying || isAsked ? (
          <>
            The storage is surveyed
            {report && `, which took ${durationText(report.tookMs)} the last time`}
            <progress aria-label={`Survey of ${registry}`} />
          </>
        ) : (
          <>
            Surveyed: <Time at={report?.at} never="not yet" />
          </>
        )}
      </div>
      {may('admin') && !surveying && !isAsked && <Act run={start}>Survey now</Act>}
    </div>
  )
}
