import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { leftOf, type Run } from './run-text.ts'

/** What a run was asked for and by whom, and what it promised and freed. */
export function RunFacts({ run }: { run: Run }) {
  const { plan, progress, announced, waiting } = run
  const left = leftOf(run)
  return (
    <dl class="facts">
      <dt>Policy</dt>
      <dd>
        <a href={`/plan?policy=${encodeURIComponent(run.policy)}`}>
          <Said text={run.policy} />
        </a>{' '}
        at {run.registry}
      </dd>
      <dt>Began</dt>
      <dd>
        <Time at={run.at} /> <span class="hint">{new Date(run.at).toLocaleString()}</span>
      </dd>
      <dt>Asked by</dt>
      <dd>
        {run.by === 'schedule' ? 'its schedule' : <Said text={run.by} />}
        {run.acceptShare && ', who accepted more than expiry.maxShare'}
        {run.projects && (
          <>
            , for <Said text={run.projects.join(', ')} /> only
          </>
        )}
      </dd>
      {plan && (
        <>
          <dt>Limited to</dt>
          <dd>
            the plan <code>{plan.id}</code> of <Time at={plan.asOf} />: {plan.images.toLocaleString('en')}{' '}
            images
            {plan.tags > 0 && ` and ${plan.tags.toLocaleString('en')} single tags`}
            {left > 0 &&
              `. Of these, ${left.toLocaleString('en')} are left alone: they were used, kept or changed since, or go later`}
          </dd>
        </>
      )}
      <dt>{run.dryRun ? 'Would free' : 'Promised'}</dt>
      <dd>
        <Bytes of={progress.plannedBytes} />{' '}
        <span class="hint">{progress.plannedBytes.toLocaleString('en')} bytes</span>
      </dd>
      {!run.dryRun && (
        <>
          <dt>Freed</dt>
          <dd>
            <Bytes of={progress.freedBytes} />{' '}
            <span class="hint">
              {progress.freedBytes.toLocaleString('en')} bytes, once the registry collects its garbage
            </span>
          </dd>
        </>
      )}
      {run.kept !== undefined && (
        <>
          <dt>Stays</dt>
          <dd>{run.kept.toLocaleString('en')} images</dd>
        </>
      )}
      {announced && <Notice name="Announced" of={announced} />}
      {waiting && <Notice name="Waits for its notice" of={waiting} />}
      {run.undo && !run.dryRun && (
        <>
          <dt>Undo</dt>
          <dd>
            {run.undo.until === null ? (
              'until the registry collects its garbage; when that is, the configuration does not tell (expiry.gc)'
            ) : (
              <>
                safe until <Time at={run.undo.until} />
              </>
            )}
            . <a href="/trash">The trash</a> has what was deleted.
          </dd>
        </>
      )}
    </dl>
  )
}

function Notice({
  name,
  of: { images, tags, bytes, until },
}: {
  name: string
  of: NonNullable<Run['announced']>
}) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {images.toLocaleString('en')} images{tags > 0 && ` and ${tags.toLocaleString('en')} single tags`},{' '}
        <Bytes of={bytes} />, safe until <Time at={until} />
      </dd>
    </>
  )
}
