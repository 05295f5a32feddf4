import { useState } from 'preact/hooks'
import { post } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { referenceOf } from './image-name.ts'
import { bodyOf, type Targets, waysOf } from './promotion-ways.ts'

/** Asks for the promotion of an image: by a rule, or without one where that is allowed. `done` gets the id of the promotion. */
export function PromoteDialog({
  names,
  done,
  close,
}: {
  /** The names of the image, its tags first. */
  names: readonly string[]
  done: (promotion: string) => void
  close: () => void
}) {
  const [image, setImage] = useState(names[0] ?? '')
  const [chosen, setChosen] = useState(0)
  const [as, setAs] = useState('')
  const targets = useGet('/v1/promotions/targets', { query: { image } })
  const ways = targets.data === undefined ? [] : waysOf(image, targets.data)
  const way = ways[chosen]
  async function run() {
    if (way === undefined) throw new Error('Choose where it goes.')
    const { job } = await post('/v1/promotions', { body: bodyOf(image, way, as) })
    done(job.id)
  }
  return (
    <Confirm title="Promote an image" action="Ask for it" run={run} close={close}>
      <p>
        The image is copied with its signatures, by its digest. A rule’s gates must be open before anything is
        copied; it waits for them.
      </p>
      <label class="field">
        <span>Image</span>
        <select
          value={image}
          onChange={(event) => {
            setImage(event.currentTarget.value)
            setChosen(0)
          }}
        >
          {names.map((name) => (
            <option key={name} value={name}>
              {referenceOf(name)}
            </option>
          ))}
        </select>
      </label>
      <p class="hint">
        <Said text={image} />
      </p>
      <Loaded of={targets} lines={2}>
        {(found: Targets) =>
          ways.length === 0 ? (
            <p class="notice notice-warn">
              No rule copies this {image.includes('@') ? 'digest: rules are about tags' : 'tag'}. Copying
              without a rule needs a token with admin over all projects.
            </p>
          ) : (
            <Ways {...{ ways, chosen, setChosen, as, setAs }} isFew={found.rules.length === 0} />
          )
        }
      </Loaded>
    </Confirm>
  )
}

function Ways({
  ways,
  chosen,
  setChosen,
  as,
  setAs,
  isFew,
}: {
  ways: ReturnType<typeof waysOf>
  chosen: number
  setChosen: (at: number) => void
  as: string
  setAs: (as: string) => void
  isFew: boolean
}) {
  const way = ways[chosen]
  return (
    <fieldset class="ways">
      <legend>{isFew ? 'Where to (no rule copies it)' : 'Where to'}</legend>
      {ways.map((one, at) => (
        <label key={`${one.rule} ${one.registry}`} class="way">
          <input type="radio" name="way" checked={at === chosen} onChange={() => setChosen(at)} />
          <span>
            <strong>{one.registry}</strong>
            {one.rule === undefined ? ', without a rule and its gates' : `, by the rule ${one.rule}`}
            <span class="hint"> {one.text}</span>
          </span>
        </label>
      ))}
      {way && way.rule === undefined && (
        <label class="field">
          <span>
            Its name there, repository:tag{way.name === '' ? '' : ' (left empty: the same as here)'}
          </span>
          <input
            value={as}
            required={way.name === ''}
            placeholder={way.name}
            spellcheck={false}
            onInput={(event) => setAs(event.currentTarget.value)}
          />
        </label>
      )}
    </fieldset>
  )
}
