import { useState } from 'preact/hooks'
import { put, remove } from '../../api/request.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { say } from '../../parts/toast.tsx'
import { DurationField } from './duration-field.tsx'
import { limitText } from './limit-text.ts'
import { NO_WORDS, SaidFields, wordsOf } from './said-fields.tsx'

interface Props {
  project: string
  /** Of the configuration; null if it has none. */
  configured: number | null
  done: () => void
  close: () => void
}

/** Sets the limit of a project in place of that of the configuration. `used`: the bytes that the limit is about. */
export function QuotaDialog({ project, configured, used, done, close }: Props & { used: number }) {
  const [limit, setLimit] = useState('')
  const [time, setTime] = useState('7d')
  const [words, setWords] = useState(NO_WORDS)
  const meaning = limitText(limit, used)
  async function run() {
    if (!meaning.isValid) throw new Error(meaning.text)
    const body = { limit: limit.trim(), for: time || undefined, ...wordsOf(words) }
    await put('/v1/projects/{id}/quota', { path: { id: project }, body })
    say(`The limit of ${project} is ${limit.trim()}`)
    done()
  }
  return (
    <Confirm title="Change the quota" action="Change it" run={run} close={close}>
      <p>
        It holds at once, in place of {configured === null ? 'no limit' : <Bytes of={configured} />} of the
        configuration, which counts again at the end.
      </p>
      <label class="field">
        <span>Limit</span>
        <input
          value={limit}
          placeholder="80GiB"
          required
          spellcheck={false}
          aria-describedby="limit-meaning"
          onInput={(event) => setLimit(event.currentTarget.value)}
        />
      </label>
      <p class="hint" id="limit-meaning">
        {meaning.text}
      </p>
      <DurationField choices={['1d', '7d', '30d', '']} value={time} change={setTime} />
      <SaidFields words={words} change={setWords} />
    </Confirm>
  )
}

/** Has the limit of the configuration count again. */
export function QuotaBackDialog({ project, configured, done, close }: Props) {
  async function run() {
    await remove('/v1/projects/{id}/quota', { path: { id: project } })
    say(`The limit of ${project} is that of the configuration again`)
    done()
  }
  return (
    <Confirm title="Take the change back" action="Take it back" run={run} close={close}>
      <p>
        The configuration counts again at once: {configured === null ? 'no limit' : <Bytes of={configured} />}
        . People are told if that changes the flag.
      </p>
    </Confirm>
  )
}
