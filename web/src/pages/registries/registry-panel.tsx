import type { Answer } from '../../api/request.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Time } from '../../parts/time.tsx'
import { Told } from '../../parts/told.tsx'
import { LastReconcile } from './last-reconcile.tsx'
import { NotAudited } from './not-audited.tsx'
import { Reconcile } from './reconcile.tsx'
import { Refused } from './refused.tsx'

export type Registry = Answer<'/v1/registries'>['registries'][number]

export function RegistryPanel({ registry, reload }: { registry: Registry; reload: () => void }) {
  const { name, url, state, projects, uniqueBytes, lastEventAt, confidence, pulls, gaps } = registry
  const isSource = !confidence.startsWith('target only')
  return (
    <section class="panel" aria-labelledby={`registry-${name}`}>
      <header class="page-head">
        <div>
          <h2 id={`registry-${name}`}>{name}</h2>
          <p class="hint">
            {url} · <a href={`/storage/${name}`}>its storage</a>
          </p>
        </div>
        {isSource && <Reconcile registry={registry} reload={reload} />}
      </header>
      {!isSource ? (
        <p>Images are only copied into it: it sends no events, so nothing is counted.</p>
      ) : (
        <>
          <p>
            <span class={`badge ${confidence.startsWith('exact') ? 'badge-ok' : 'badge-warning'}`}>
              {confidence.startsWith('exact') ? 'exact' : 'not exact'}
            </span>{' '}
            <Told text={confidence} />{' '}
            {confidence.startsWith('images that are not whole') && (
              <a href={`/broken-images?registry=${name}`}>See them</a>
            )}
          </p>
          <dl class="facts">
            <dt>Holds</dt>
            <dd>
              {state === 'read' || projects > 0 ? (
                <>
                  <Bytes of={uniqueBytes} /> in <a href={`/projects?registry=${name}`}>{projects} projects</a>
                </>
              ) : (
                state
              )}
              {state !== 'read' && projects > 0 && ` (${state})`}
            </dd>
            <dt>Last event</dt>
            <dd>
              <Time at={lastEventAt} never="none yet: does the registry know this address?" />
            </dd>
            <dt>Pulls</dt>
            <dd>
              <Told text={pulls} />
            </dd>
            <dt>Deliveries</dt>
            <dd>
              {registry.deliveries === 'not audited' ? (
                <NotAudited registry={name} />
              ) : (
                <>
                  <Told text={registry.deliveries} />{' '}
                  <a href={`/registries/${name}/deliveries`}>
                    By process<span class="unseen"> of {name}</span>
                  </a>
                </>
              )}
            </dd>
            {gaps.length > 0 && <dt>Gaps</dt>}
            {gaps.length > 0 && (
              <dd>
                {gaps.map(({ since, reason }) => (
                  <div key={`${since} ${reason}`}>
                    since <Time at={since} never="the beginning" />: <Told text={reason} />
                  </div>
                ))}
                <span class="hint">A reconcile closes them.</span>
              </dd>
            )}
          </dl>
          {registry.refused.length > 0 && <Refused all={registry.refused} />}
          <LastReconcile registry={registry} />
        </>
      )}
    </section>
  )
}
