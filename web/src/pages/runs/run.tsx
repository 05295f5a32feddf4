import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { post } from '../../api/request.ts'
import { type Resource, useGet } from '../../api/use-get.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'
import { Deletes } from './deletes.tsx'
import { RunFacts } from './run-facts.tsx'
import { isUnderWay, outcomesOf, percentOf, type Run, STATES } from './run-text.ts'
import './runs.css'

/** How often a run that goes on is read again, in ms. */
const LOOK_MS = 2_000

/** A run: its state, what it did to each image, and who asked for it. Its address stays. */
export default function RunPage() {
  const { id = '' } = useRoute().params
  const [isOver, setOver] = useState(false)
  const read = useGet('/v1/expiry/runs/{id}', { path: { id } }, isOver ? {} : { everyMs: LOOK_MS })
  const { data } = read
  // What is not there does not come.
  const goesOn = read.error?.status !== 404 && (data === undefined || isUnderWay(data))
  if (isOver === goesOn) setOver(!goesOn)
  return (
    <Page
      title={data ? `${data.dryRun ? 'Dry run' : 'Run'} of ${data.policy}` : 'Run'}
      lead={<code>{id}</code>}
      actions={data && <Stop run={data} read={read} />}
    >
      <Loaded of={read} lines={6}>
        {(run) => (
          <>
            <section class="panel">
              <p class="run-state" aria-live="polite">
                <span class={STATES[run.state].badge}>{STATES[run.state].text}</span>{' '}
                {run.dryRun && <span class="badge">nothing is deleted</span>}{' '}
                {run.stopped && <Said text={run.stopped} />}
              </p>
              {isUnderWay(run) && <Going run={run} />}
              <p class="run-outcomes">
                {outcomesOf(run).join(' · ') || (isUnderWay(run) ? '' : 'Nothing was to go.')}
              </p>
              <RunFacts run={run} />
            </section>
            {run.held?.map(({ project, deletes, images, deleted = 0 }) => (
              <div key={project} class="notice notice-warn">
                <p>
                  {deleted > 0
                    ? 'No more was deleted'
                    : run.dryRun
                      ? 'A run would delete nothing'
                      : 'Nothing was deleted'}{' '}
                  in <Said text={project} />: {deletes.toLocaleString('en')} of {images.toLocaleString('en')}{' '}
                  images would go, more than <code>expiry.maxShare</code>. If that is meant, apply{' '}
                  <a href={`/plan?${new URLSearchParams({ policy: run.policy, project })}`}>the plan</a> and
                  accept it.
                </p>
              </div>
            ))}
            {run.warnings?.map((warning) => (
              <div key={warning} class="notice notice-warn">
                <p>
                  <Said text={warning} />
                </p>
              </div>
            ))}
            <Deletes run={run} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Going({ run }: { run: Run }) {
  const { planned, done } = run.progress
  const label =
    planned === 0 ? 'It makes its plan.' : `${done.toLocaleString('en')} of ${planned.toLocaleString('en')}`
  return (
    <p class="run-progress">
      <progress max={100} {...(planned > 0 && { value: percentOf(run) })} aria-label="Progress of the run" />
      <span>
        {label}
        {planned > 0 && (
          <>
            {', '}
            <Bytes of={run.progress.freedBytes} /> freed
          </>
        )}
      </span>
    </p>
  )
}

/** A person may stop what runs: the images that are in hand still go. */
function Stop({ run, read }: { run: Run; read: Resource<Run> }) {
  const [asks, setAsks] = useState(false)
  if (!isUnderWay(run) || !may('expire')) return null
  const stop = async () => {
    const { stopped } = await post('/v1/expiry/stop', { body: { run: run.id } })
    say(stopped.length > 0 ? 'The run stops before its next delete.' : 'The run had ended already.')
    read.reload()
  }
  return (
    <>
      <button type="button" class="dangerous" onClick={() => setAsks(true)}>
        Stop this run…
      </button>
      {asks && (
        <Confirm title="Stop this run?" action="Stop it" isDangerous run={stop} close={() => setAsks(false)}>
          <p>
            It ends before its next delete. What it has deleted stays in the trash. The schedule of the policy
            goes on: for that, set <code>mode: plan</code>.
          </p>
        </Confirm>
      )}
    </>
  )
}
