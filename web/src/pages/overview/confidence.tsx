import { useGet } from '../../api/use-get.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { adviceOn, withTimes } from './advice.ts'

/** How far the numbers of each registry can be believed, and what to do where they cannot. */
export function Confidence() {
  const registries = useGet('/v1/registries', {}, { everyMs: 30_000 })
  return (
    <section class="panel" aria-labelledby="confidence-title">
      <h2 id="confidence-title">Can these numbers be trusted?</h2>
      <Loaded of={registries} lines={3}>
        {({ registries }) => (
          <ul class="confidence">
            {registries.map((registry) => {
              const { name, confidence, gaps, reconciling, lastEventAt } = registry
              const { badge, advice } = adviceOn(registry)
              return (
                <li key={name}>
                  <p>
                    <a href="/registries">
                      <strong>{name}</strong>
                    </a>{' '}
                    <span
                      class={`badge ${badge.isGood ? 'badge-ok' : badge.isNeutral ? '' : 'badge-warning'}`}
                    >
                      {badge.text}
                    </span>{' '}
                    <Said text={withTimes(confidence)} />
                    {lastEventAt && (
                      <span class="hint">
                        {' '}
                        · last event <Time at={lastEventAt} />
                      </span>
                    )}
                  </p>
                  {reconciling && reconciling.of !== null && (
                    <progress max={reconciling.of} value={reconciling.repositories}>
                      {reconciling.repositories} of {reconciling.of} repositories
                    </progress>
                  )}
                  {gaps.length > 0 && (
                    <ul class="gaps">
                      {gaps.slice(0, 3).map(({ since, reason }) => (
                        <li key={`${since} ${reason}`}>
                          since <Time at={since} never="the beginning" />: <Said text={reason} />
                        </li>
                      ))}
                      {gaps.length > 3 && <li>and {gaps.length - 3} more</li>}
                    </ul>
                  )}
                  {advice && <p class="hint">{advice}</p>}
                </li>
              )
            })}
          </ul>
        )}
      </Loaded>
    </section>
  )
}
