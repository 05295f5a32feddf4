import { useState } from 'preact/hooks'
import { type Answer, get } from '../../api/request.ts'
import { Act } from '../../parts/act.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Told } from '../../parts/told.tsx'

type Findings = Answer<'/v1/registries/{name}/storage/doctor'>['findings']

const LEVELS = {
  error: ['error', 'badge badge-over'],
  warning: ['warning', 'badge badge-warning'],
  note: ['note', 'badge'],
  ok: ['fine', 'badge badge-ok'],
} as const

/** Looks, when asked, for what in a storage would bite. */
export function Doctor({ registry }: { registry: string }) {
  const [findings, setFindings] = useState<Findings>()
  const look = async () =>
    setFindings((await get('/v1/registries/{name}/storage/doctor', { path: { name: registry } })).findings)
  return (
    <section class="panel" aria-labelledby="doctor">
      <header class="page-head">
        <div>
          <h2 id="doctor">What would bite</h2>
          <p class="hint">
            Settings of the store that break images, or keep a collection from freeing anything. It asks the
            store, which may take a minute, and changes nothing.
          </p>
        </div>
        <Act run={look}>{findings ? 'Look again' : 'Look now'}</Act>
      </header>
      <div role="status">
        {findings &&
          (findings.every(({ level }) => level === 'ok') ? (
            <Empty title="Nothing was found">
              No setting of this storage would bite, as far as it tells.
            </Empty>
          ) : (
            <ul class="list findings">
              {findings.map(({ level, rule, sure, what, why, fix }) => (
                <li key={`${rule} ${what}`}>
                  <div class="list-head">
                    <span>
                      <span class={LEVELS[level][1]}>{LEVELS[level][0]}</span> {rule}
                    </span>
                    {sure && <span>{sure === 'not known' ? 'not known: look yourself' : sure}</span>}
                  </div>
                  <strong>
                    <Told text={what} />
                  </strong>
                  {why && (
                    <p>
                      Why: <Told text={why} />
                    </p>
                  )}
                  {fix && (
                    <p>
                      What to do: <Told text={fix} />
                    </p>
                  )}
                </li>
              ))}
            </ul>
          ))}
      </div>
    </section>
  )
}
