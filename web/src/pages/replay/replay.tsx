import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { useGet } from '../../api/use-get.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { Told } from '../../parts/told.tsx'
import { OutcomeView } from './outcome-view.tsx'
import { isUnderWay, STATES } from './replay-text.ts'

/** How often a replay that goes on is read again, in ms. */
const LOOK_MS = 1_000

/** A replay: how far it is, what it does not know, and what each policy would have done. */
export default function ReplayPage() {
  const { id = '' } = useRoute().params
  const [isOver, setOver] = useState(false)
  const read = useGet('/v1/replays/{id}', { path: { id } }, isOver ? {} : { everyMs: LOOK_MS })
  const { data } = read
  // What is not there does not come.
  const goesOn = read.error?.status !== 404 && (data === undefined || isUnderWay(data))
  if (isOver === goesOn) setOver(!goesOn)
  return (
    <Page
      title="Replay"
      lead={<code>{id}</code>}
      actions={
        <a class="button" href="/replay">
          All replays
        </a>
      }
    >
      <Loaded of={read} lines={6}>
        {({ state, why, progress, at, by, result }) => (
          <>
            <section class="panel">
              <p aria-live="polite">
                <span class={STATES[state].badge}>{STATES[state].text}</span>{' '}
                <span class="hint">
                  asked <Time at={at} /> by <Said text={by} />
                </span>{' '}
                {why && <Said text={why} />}
              </p>
              {isUnderWay({ state }) && (
                <p>
                  <progress
                    {...(progress && { max: progress.of, value: progress.objects })}
                    aria-label="Progress of the replay"
                  />{' '}
                  {progress && `${progress.objects} of ${progress.of} objects of the journal`}
                </p>
              )}
              {result && (
                <p>
                  <Told
                    text={`${result.events.toLocaleString('en')} events were replayed, from ${result.from} to ${result.to}.`}
                  />{' '}
                  <span class="hint">
                    {result.baseline === null ? (
                      'It began with nothing: there was no snapshot.'
                    ) : (
                      <>
                        It began with the snapshot <Said text={result.baseline} />.
                      </>
                    )}
                  </span>
                </p>
              )}
            </section>
            {result && result.notKnown.length > 0 && (
              <div class="notice notice-warn">
                <div>
                  <strong>Not known:</strong>
                  <ul>
                    {result.notKnown.map((text) => (
                      <li key={text}>
                        <Told text={text} />
                      </li>
                    ))}
                  </ul>
                </div>
              </div>
            )}
            {result?.policies.map((outcome, n) => (
              <OutcomeView key={n} outcome={outcome} />
            ))}
          </>
        )}
      </Loaded>
    </Page>
  )
}
