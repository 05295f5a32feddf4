import { useState } from 'preact/hooks'
import { useGet } from '../../api/use-get.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { Told } from '../../parts/told.tsx'
import { Freed, Outcome } from './history.tsx'
import { durationText, LOOK_MS, linesOf, MODES, phaseText, waitText } from './storage-text.ts'

/** One collection: what it did, phase by phase, and what came of it. */
export function CollectionPage({ registry, id }: { registry: string; id: string }) {
  const [goesOn, setGoesOn] = useState(true)
  const read = useGet(
    '/v1/registries/{name}/collections/{id}',
    { path: { name: registry, id } },
    goesOn ? { everyMs: LOOK_MS.busy } : {},
  )
  const isOver = read.error?.status === 404 || Boolean(read.data?.endedAt)
  if (goesOn === isOver) setGoesOn(!isOver)
  return (
    <Page
      title={`Collection of ${registry}`}
      lead={<a href={`/storage/${registry}`}>Storage of {registry}</a>}
    >
      <Loaded of={read}>
        {(run) => (
          <>
            <section class="panel">
              <p aria-live="polite">
                <Outcome of={run} /> {run.endedAt === null && phaseText(run.phase)}
                {run.error && <Told text={run.error} />}
              </p>
              <dl class="facts">
                <dt>Asked for</dt>
                <dd>
                  <Time at={run.at} /> by <Said text={run.by} />
                </dd>
                <dt>How</dt>
                <dd>
                  {MODES[run.mode]}
                  {run.dryRun && ', only to look'}
                  {run.force && ', whatever speaks against it'}
                </dd>
                <dt>Promised</dt>
                <dd>
                  <Bytes of={run.promised?.bytes} />
                </dd>
                <dt>Freed</dt>
                <dd>
                  <Freed of={run} />
                </dd>
                <dt>Pushes held</dt>
                <dd>{waitText(run)}</dd>
              </dl>
              {[...run.problems, ...run.differences].length > 0 && (
                <ul>
                  {[...run.problems, ...run.differences].map((text) => (
                    <li key={text}>
                      <Told text={text} />
                    </li>
                  ))}
                </ul>
              )}
            </section>
            <ol class="list">
              {run.phases.map(({ phase, at, tookMs, error, note, output }) => (
                <li key={`${phase} ${at}`}>
                  <div class="list-head">
                    <span>
                      {error && <span class="badge badge-over">failed</span>}{' '}
                      <strong>{phaseText(phase)}</strong>
                    </span>
                    <span>
                      <Time at={at} />, {tookMs === null ? 'not ended' : durationText(tookMs)}
                    </span>
                  </div>
                  {[error, note].map((text) => text && <Said key={text} text={text} />)}
                  {output?.includes('\n') ? (
                    <details>
                      <summary>What it printed last</summary>
                      <pre>{linesOf(output)}</pre>
                    </details>
                  ) : (
                    output && <Said text={output} />
                  )}
                </li>
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </Page>
  )
}
