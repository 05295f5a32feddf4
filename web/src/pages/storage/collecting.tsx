import { useState } from 'preact/hooks'
import { post } from '../../api/request.ts'
import { usePages } from '../../api/use-pages.ts'
import { Act } from '../../parts/act.tsx'
import { Bytes } from '../../parts/bytes.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { say } from '../../parts/toast.tsx'
import { Told } from '../../parts/told.tsx'
import { may } from '../../session.ts'
import { Collect } from './collect.tsx'
import { History } from './history.tsx'
import { type Collection, durationText, type Glance, LOOK_MS, phaseText } from './storage-text.ts'

/** Collection of garbage: whether it pays, the one that runs, a way to begin one, and those that were. */
export function Collecting({ of: glance, reload }: { of: Glance; reload: () => void }) {
  const { registry, advice, modes, collecting } = glance
  const [asks, setAsks] = useState(false)
  const [goesOn, setGoesOn] = useState(false)
  const name = { path: { name: registry } }
  const past = usePages(
    '/v1/registries/{name}/collections',
    { ...name, query: { limit: 20 } },
    (page): readonly Collection[] => page.collections,
    { everyMs: goesOn || collecting ? LOOK_MS.busy : LOOK_MS.idle },
  )
  // Also of one that had ended before it was seen to run.
  const isOneOn = past.items.some(({ endedAt }) => endedAt === null)
  if (goesOn !== isOneOn) setGoesOn(isOneOn)
  const collect = async (body: { dryRun?: boolean; force?: boolean; mode?: Collection['mode'] }) => {
    await post('/v1/registries/{name}/collections', { ...name, body })
    reload()
    past.reload()
  }
  const last = advice?.lastCollection
  const ways = modes.filter(({ missing }) => missing === null)
  return (
    <section class="panel" aria-labelledby="collection">
      <header class="page-head">
        <h2 id="collection">Collection of garbage</h2>
        {may('admin') && ways.length > 0 && !collecting && (
          <div class="page-actions">
            <Act run={() => collect({ dryRun: true })}>Look only</Act>
            <button type="button" onClick={() => setAsks(true)}>
              Collect…
            </button>
          </div>
        )}
      </header>
      {advice && (
        <p>
          <span class={advice.pays ? 'badge badge-warning' : 'badge'}>
            {advice.pays ? 'it pays' : 'it does not pay yet'}
          </span>{' '}
          <Told text={advice.text} />
        </p>
      )}
      <dl class="facts">
        <dt>Last collection</dt>
        <dd>
          <Time at={last?.at} never="none is known" />
          {last && (
            <>
              {last.seen === 'survey' && ', by somebody else'}: <Bytes of={last.freed} /> freed, pushes held
              for {durationText(last.pauseMs)}
            </>
          )}
        </dd>
      </dl>
      {ways.length === 0 && (
        <ul class="hint">
          {modes.map(({ mode, missing }) => (
            <li key={mode}>{missing}</li>
          ))}
        </ul>
      )}
      {collecting && <Going run={collecting} of={glance} reload={reload} />}
      <History of={past} />
      {asks && <Collect of={glance} past={past.items} run={collect} close={() => setAsks(false)} />}
    </section>
  )
}

/** The collection that runs: what it does, since when pushes wait, and a way to stop it. */
function Going({
  run,
  of: { registry, heldSince },
  reload,
}: {
  run: Collection
  of: Glance
  reload: () => void
}) {
  const [asks, setAsks] = useState(false)
  const phase = run.phases.at(-1)
  const stop = async () => {
    await post('/v1/registries/{name}/collections/stop', { path: { name: registry } })
    say('What is in hand ends, and pushes are let in again')
    reload()
  }
  return (
    <div class="notice">
      <div>
        <p role="status">{phaseText(run.phase)}.</p>
        <progress aria-label={`Collection of ${registry}`} />
        <p class="hint">
          By <Said text={run.by} />, <Time at={run.at} />
          {phase && run.phase !== 'waiting' && (
            <>
              ; this phase began <Time at={phase.at} />
            </>
          )}
          {heldSince ? (
            <>
              ; <strong>pushes are held</strong>, which began <Time at={heldSince} />
            </>
          ) : (
            run.isHeld && '; pushes are held for a moment'
          )}
          . <a href={`/storage/${registry}/${run.id}`}>Its phases</a>
        </p>
      </div>
      {may('admin') && (
        <button type="button" class="dangerous" onClick={() => setAsks(true)}>
          Stop it…
        </button>
      )}
      {asks && (
        <Confirm
          title="Stop this collection?"
          action="Stop it"
          isDangerous
          run={stop}
          close={() => setAsks(false)}
        >
          <p>What is in hand ends, and then pushes are let in again. What was freed stays freed.</p>
        </Confirm>
      )}
    </div>
  )
}
