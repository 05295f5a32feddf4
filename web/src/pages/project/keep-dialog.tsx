import { useState } from 'preact/hooks'
import { post } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Said } from '../../parts/said.tsx'
import { say } from '../../parts/toast.tsx'
import { DurationField } from './duration-field.tsx'
import { referenceOf } from './image-name.ts'
import { NO_WORDS, SaidFields, wordsOf } from './said-fields.tsx'

/** Keeps an image, whatever the policies say. `names`: those by which it can be kept, its tags first. */
export function KeepDialog({
  names,
  done,
  close,
}: {
  names: readonly string[]
  done: () => void
  close: () => void
}) {
  const [image, setImage] = useState(names[0] ?? '')
  const [time, setTime] = useState('30d')
  const [words, setWords] = useState(NO_WORDS)
  async function run() {
    await post('/v1/expiry/keeps', { body: { image, for: time || undefined, ...wordsOf(words) } })
    say(`${image} is kept`)
    done()
  }
  return (
    <Confirm title="Keep an image" action="Keep it" run={run} close={close}>
      <p>No policy deletes it as long as it is kept. People can still delete it at the registry.</p>
      <label class="field">
        <span>What to keep</span>
        <select value={image} onChange={(event) => setImage(event.currentTarget.value)}>
          {names.map((name) => (
            <option key={name} value={name}>
              {name.includes('@')
                ? `this image, ${referenceOf(name)}`
                : `whatever the tag ${referenceOf(name)} names, now and later`}
            </option>
          ))}
        </select>
      </label>
      <p class="hint">
        <Said text={image} />
      </p>
      <DurationField choices={['7d', '30d', '90d', '365d', '']} value={time} change={setTime} />
      <SaidFields words={words} change={setWords} />
    </Confirm>
  )
}
