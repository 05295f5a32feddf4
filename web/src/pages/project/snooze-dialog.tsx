import { useState } from 'preact/hooks'
import { put } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { say } from '../../parts/toast.tsx'
import { DurationField } from './duration-field.tsx'
import { NO_WORDS, SaidFields, wordsOf } from './said-fields.tsx'

/** Has the alerts of a project not sent for a time. */
export function SnoozeDialog({
  project,
  done,
  close,
}: {
  project: string
  done: () => void
  close: () => void
}) {
  const [time, setTime] = useState('3d')
  const [words, setWords] = useState(NO_WORDS)
  async function run() {
    await put('/v1/alerts/snoozes/{project}', { path: { project }, body: { for: time, ...wordsOf(words) } })
    say(`Alerts about ${project} are not sent for ${time}`)
    done()
  }
  return (
    <Confirm title="Snooze alerts" action="Snooze" run={run} close={close}>
      <p>
        Nobody is told about this project for a time. What happens is still recorded. At the end, people are
        told its state if they do not know it.
      </p>
      <DurationField choices={['1d', '3d', '7d', '30d', '90d']} value={time} change={setTime} />
      <SaidFields words={words} change={setWords} />
    </Confirm>
  )
}
