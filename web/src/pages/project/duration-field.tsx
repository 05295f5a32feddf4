import { useState } from 'preact/hooks'

const NAMES: Record<string, string> = {
  ...{ '1d': '1 day', '3d': '3 days', '7d': '7 days', '30d': '30 days', '90d': '90 days', '365d': 'a year' },
  '': 'until somebody takes it back',
}

/** Asks for how long. `''` is for as long as nobody ends it; `other` is what people write themselves. */
export function DurationField({
  choices,
  value,
  change,
}: {
  choices: readonly string[]
  value: string
  change: (value: string) => void
}) {
  const [isOther, setOther] = useState(false)
  return (
    <div class="field">
      <label class="field">
        <span>For how long</span>
        <select
          value={isOther ? 'other' : value}
          onChange={({ currentTarget }) => {
            setOther(currentTarget.value === 'other')
            change(currentTarget.value === 'other' ? '' : currentTarget.value)
          }}
        >
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {NAMES[choice] ?? choice}
            </option>
          ))}
          <option value="other">another time…</option>
        </select>
      </label>
      {isOther && (
        <label class="field">
          <span>Time, such as 12h, 45d or 8w</span>
          <input
            value={value}
            required
            pattern="\d+(\.\d+)? ?(ms|s|m|h|d|w)"
            onInput={(event) => change(event.currentTarget.value)}
          />
        </label>
      )}
    </div>
  )
}
