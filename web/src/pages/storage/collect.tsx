import { useState } from 'preact/hooks'
import { Confirm } from '../../parts/confirm.tsx'
import { say } from '../../parts/toast.tsx'
import { Told } from '../../parts/told.tsx'
import { type Collection, durationText, type Glance, MODES } from './storage-text.ts'

/** Asks before a collection begins: how, and how long pushes will wait. */
export function Collect({
  of: { registry, modes },
  past,
  run,
  close,
}: {
  of: Glance
  /** Those that were, the newest first. */
  past: readonly Collection[]
  run: (body: { mode: Collection['mode']; force: boolean }) => Promise<void>
  close: () => void
}) {
  const ways = modes.filter(({ missing }) => missing === null).map(({ mode }) => mode)
  const [mode, setMode] = useState(ways[0] ?? 'conduct')
  const [force, setForce] = useState(false)
  const problems = past[0]?.problems ?? []
  const paused = past.find((one) => one.mode === mode && one.pauseMs !== null)
  const collect = async () => {
    await run({ mode, force })
    say(`A collection of ${registry} was asked for`)
  }
  return (
    <Confirm
      title={`Collect the garbage of ${registry}?`}
      action="Collect"
      isDangerous={mode === 'conduct' || force}
      run={collect}
      close={close}
    >
      {ways.length > 1 && (
        <label class="field">
          <span>How</span>
          <select value={mode} onChange={(event) => setMode(event.currentTarget.value as typeof mode)}>
            {ways.map((one) => (
              <option key={one} value={one}>
                {MODES[one]}
              </option>
            ))}
          </select>
        </label>
      )}
      <p>
        {mode === 'conduct'
          ? 'By hooks: the registry is made read-only, its own collector runs, and then it is made writable. Pushes are refused meanwhile; pulls go on.'
          : 'Behind the barrier: Tallyman moves the garbage to the trash itself. Pushes wait for some seconds at a time, and get no error; pulls do not wait.'}{' '}
        <strong>
          {paused
            ? `The last time, pushes were held for ${durationText(paused.pauseMs)}${mode === 'barrier' ? ' at the longest' : ''}.`
            : 'How long pushes will be held is not known: this was not done yet.'}
        </strong>
      </p>
      {problems.length > 0 && (
        <div class="field">
          <p>The last time, this spoke against it:</p>
          <ul>
            {problems.map((text) => (
              <li key={text}>
                <Told text={text} />
              </li>
            ))}
          </ul>
          <label>
            <input
              type="checkbox"
              checked={force}
              onChange={(event) => setForce(event.currentTarget.checked)}
            />{' '}
            Collect whatever speaks against it
          </label>
        </div>
      )}
    </Confirm>
  )
}
