/** One of a few. */
export const Choice = ({
  label,
  value,
  options,
  pick,
}: {
  label: string
  value: string
  options: readonly [value: string, name: string][]
  pick: (value: string) => void
}) => (
  <label class="choice">
    <span>{label}</span>
    <select value={value} onChange={(event) => pick(event.currentTarget.value)}>
      {options.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  </label>
)
