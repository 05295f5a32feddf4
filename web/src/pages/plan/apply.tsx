import { useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { post } from '../../api/request.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Time } from '../../parts/time.tsx'
import { may } from '../../session.ts'
import type { Listed } from './plan.tsx'
import { registriesOf, textToType } from './plan-reading.ts'
import type { Planned } from './use-plan.ts'

/** Asks for a run that deletes what the plan shows, and nothing else. */
export function Apply({
  listed: { name, mode },
  project,
  planned: { plan, isReading },
  isChanged,
}: {
  listed: Listed
  project: string | undefined
  planned: Planned
  isChanged: boolean
}) {
  const { route } = useLocation()
  const [asks, setAsks] = useState<'apply' | 'dry' | undefined>()
  const [acceptShare, setAcceptShare] = useState(false)
  /** The runs that have begun: who tries again, since another registry's failed, begins none of them twice. */
  const begun = useRef(new Map<string, string>())
  if (!may('expire')) return null
  const { goes, held, end } = plan
  const id = end?.plan
  const why = isReading
    ? 'The plan is not whole yet.'
    : isChanged
      ? 'This plan is of a changed rule. Put the rule into the configuration first.'
      : mode === 'plan'
        ? `The policy ${name} only plans. With mode: apply in the configuration, it may delete.`
        : goes.length === 0
          ? 'Nothing goes.'
          : id === undefined
            ? 'The plan has no id. Plan anew.'
            : undefined

  async function run(dryRun: boolean): Promise<void> {
    for (const registry of registriesOf(goes)) {
      const key = JSON.stringify([id, dryRun, registry])
      if (begun.current.has(key)) continue
      const asked = await post('/v1/expiry/runs', {
        body: { policy: name, registry, dryRun, acceptShare, ...(id && { plan: id }) },
      })
      begun.current.set(key, asked.run)
    }
    const runs = registriesOf(goes).map((registry) =>
      begun.current.get(JSON.stringify([id, dryRun, registry])),
    )
    begun.current.clear()
    route(runs.length === 1 ? `/runs/${runs[0]}` : '/runs')
  }

  return (
    <>
      <button
        type="button"
        disabled={isReading || isChanged || id === undefined || goes.length === 0}
        onClick={() => setAsks('dry')}
      >
        Dry run…
      </button>
      <span title={why}>
        <button type="button" class="primary" disabled={why !== undefined} onClick={() => setAsks('apply')}>
          Apply this plan…
        </button>
      </span>
      {why !== undefined && !isReading && goes.length > 0 && <p class="hint plan-why">{why}</p>}
      {asks === 'dry' && (
        <Confirm
          title="Make a dry run?"
          action="Make a dry run"
          run={() => run(true)}
          close={() => setAsks(undefined)}
        >
          <p>
            It records what the policy would delete now, and deletes nothing. Later plans can be compared with
            it.
          </p>
        </Confirm>
      )}
      {asks === 'apply' && id !== undefined && (
        <Confirm
          title="Delete what this plan shows?"
          action="Delete"
          isDangerous
          type={project ?? textToType(name, goes)}
          run={() => run(false)}
          close={() => setAsks(undefined)}
        >
          <p>
            {goes.length.toLocaleString('en')} images or tags, <Bytes of={plan.bytes} />, by the policy{' '}
            <b>{name}</b>, as planned <Time at={end?.asOf} />.
          </p>
          <p>
            The run deletes only what is in this plan (<code>{id}</code>). Of that, what was pulled, pushed,
            tagged or kept since stays. Deleted images go to the trash.
          </p>
          {held.length > 0 && (
            <label class="check">
              <input
                type="checkbox"
                checked={acceptShare}
                onChange={(event) => setAcceptShare(event.currentTarget.checked)}
              />
              <span>
                Delete also in {held.join(', ')}, where that is a larger share of the images than{' '}
                <code>expiry.maxShare</code>
              </span>
            </label>
          )}
        </Confirm>
      )}
    </>
  )
}
