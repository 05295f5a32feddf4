import { useState } from 'preact/hooks'
import { post } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { say } from '../../parts/toast.tsx'

const DAY_MS = 86_400_000
const AGES = [
  { days: 0, text: 'All of the trash' },
  { days: 1, text: 'What is older than a day' },
  { days: 7, text: 'What is older than a week' },
  { days: 14, text: 'What is older than two weeks' },
]

/** Deletes entries of the trash for good. */
export function Purge({ done, close }: { done: () => void; close: () => void }) {
  const [days, setDays] = useState(7)
  const purge = async () => {
    const before = new Date(Date.now() - days * DAY_MS).toISOString()
    const { purged } = await post('/v1/trash/purge', { body: { before } })
    say(purged === 0 ? 'Nothing is that old.' : `${purged.toLocaleString('en')} entries were deleted.`)
    done()
  }
  return (
    <Confirm
      title="Delete from the trash for good?"
      action="Delete for good"
      type="delete for good"
      isDangerous
      run={purge}
      close={close}
    >
      <p>
        Without its entry an image can never be restored. This frees next to nothing: the trash has manifests
        only, and forgets them by itself.
      </p>
      <label class="field">
        <span>What</span>
        <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
          {AGES.map(({ days, text }) => (
            <option key={days} value={days}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </Confirm>
  )
}
