import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { post } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Confirm } from '../../parts/confirm.tsx'

/** Asks for a promotion of an image to a target, by a rule. */
export function Ask({ image: given = '', close }: { image?: string | undefined; close: () => void }) {
  const { route } = useLocation()
  const rules = useGet('/v1/promotions/rules')
  const [image, setImage] = useState(given)
  const [chosen, setChosen] = useState('')
  const [target, setTarget] = useState('')
  const rule = rules.data?.rules.find(({ name }) => name === chosen)
  async function ask(): Promise<void> {
    const to = rule?.to ?? target.trim()
    if (image.trim() === '') throw new Error('Name an image first, such as ci/team/app:v1.2.')
    if (to === '') throw new Error('Choose a rule, or name a target registry.')
    const { job } = await post('/v1/promotions', {
      body: { image: image.trim(), to, ...(rule && { rule: rule.name }) },
    })
    route(`/promotions/${job.id}`)
  }
  return (
    <Confirm title="Ask for a promotion" action="Ask for it" run={ask} close={close}>
      <p class="hint">
        The image is looked up at its registry now, and copied by the digest that its tag has now.
      </p>
      <label class="field">
        <span>Image</span>
        <input
          value={image}
          placeholder="ci/team/app:v1.2"
          autocomplete="off"
          onInput={(event) => setImage(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Rule</span>
        <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          <option value="">The one that is about the image, or none</option>
          {rules.data?.rules.map(({ name, from, to }) => (
            <option key={name} value={name}>
              {name}: {from} to {to}
            </option>
          ))}
        </select>
      </label>
      {rule === undefined ? (
        <label class="field">
          <span>Target registry</span>
          <input
            value={target}
            list="targets"
            placeholder="production"
            autocomplete="off"
            onInput={(event) => setTarget(event.currentTarget.value)}
          />
          <datalist id="targets">
            {[...new Set(rules.data?.rules.map(({ to }) => to))].map((to) => (
              <option key={to} value={to} />
            ))}
          </datalist>
        </label>
      ) : (
        <p class="hint">
          {rule.gates.length === 0
            ? 'The rule has no gate.'
            : `It waits for its gates: ${rule.gates.join(', ')}.`}
        </p>
      )}
    </Confirm>
  )
}
