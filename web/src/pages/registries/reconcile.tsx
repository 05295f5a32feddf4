import { useState } from 'preact/hooks'
import { followJob } from '../../api/follow-job.ts'
import { post } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Said } from '../../parts/said.tsx'
import { say } from '../../parts/toast.tsx'
import { useStay } from '../../parts/use-stay.ts'
import { may } from '../../session.ts'
import type { Registry } from './registry-panel.tsx'

/** The progress of a reconcile, or buttons that start one. */
export function Reconcile({ registry, reload }: { registry: Registry; reload: () => void }) {
  const [failure, setFailure] = useState('')
  const [isAsked, setAsked] = useState(false)
  const [asks, setAsks] = useState(false)
  const signal = useStay()
  const { name, reconciling, lastReconcile } = registry
  async function start(options: { dryRun?: boolean; acceptLoss?: boolean }) {
    setFailure('')
    setAsked(true)
    try {
      const { job } = await post('/v1/registries/{name}/reconcile', { path: { name }, body: options })
      reload()
      const ended = await followJob(job, { signal, told: reload })
      if (ended === undefined) return
      if (ended.state === 'failed') setFailure(ended.failedReason ?? 'It failed.')
      else say(`${name} was compared with the index`)
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
    setAsked(false)
    reload()
  }
  if (reconciling || isAsked) {
    const { repositories = 0, of = null } = reconciling ?? {}
    const text =
      of === null ? `${repositories} repositories read` : `${repositories} of ${of} repositories read`
    return (
      <div role="status">
        <progress
          aria-label={`Reconcile of ${name}`}
          {...(of !== null && { max: of, value: repositories })}
        />
        <div class="hint">{reconciling ? text : 'The reconcile waits for its turn'}</div>
      </div>
    )
  }
  if (!may('admin')) return null
  return (
    <div>
      <div class="page-actions">
        <button type="button" onClick={() => start({ dryRun: true })}>
          Compare only
        </button>
        <button type="button" onClick={() => start({})}>
          Reconcile
        </button>
        {lastReconcile?.hold && (
          <button type="button" class="dangerous" onClick={() => setAsks(true)}>
            Accept the loss
          </button>
        )}
      </div>
      {failure && (
        <p class="notice notice-bad" role="alert">
          <Said text={failure} />
        </p>
      )}
      {asks && (
        <Confirm
          title={`Remove what is missing from ${name}?`}
          action="Remove it from the index"
          type={name}
          isDangerous
          run={() => start({ acceptLoss: true })}
          close={() => setAsks(false)}
        >
          <p>
            More than half of what was read is missing in the registry. If its storage is away for a moment,
            wait until it is back. Nothing in the registry changes.
          </p>
        </Confirm>
      )}
    </div>
  )
}
