import { useMemo } from 'preact/hooks'
import { formatSize } from '../../../../src/platform/units.ts'
import { useGet } from '../../api/use-get.ts'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { session } from '../../session.ts'
import type { Overview } from './rows.ts'
import { lastMonday, sentence } from './sentence.ts'
import { toldOf } from './told.ts'

const AGAIN_MS = 300_000

/** What a registry holds, in one sentence, and below it what can go. */
export function Headline({
  overview,
  registry,
  isOne,
}: {
  overview: Overview
  registry: string
  isOne: boolean
}) {
  const state = session.value
  const seesAll = state.is === 'in' && state.session.seesAll
  const from = useMemo(() => new Date(lastMonday(Date.now())).toISOString(), [registry])
  const path = { path: { name: registry } }
  const history = useGet(
    seesAll ? '/v1/registries/{name}/history' : undefined,
    { ...path, query: { step: 'hour', from } },
    { everyMs: AGAIN_MS },
  )
  const forecast = useGet(seesAll ? '/v1/registries/{name}/forecast' : undefined, path, { everyMs: AGAIN_MS })
  const registries = useGet(seesAll ? '/v1/registries' : undefined, {}, { everyMs: AGAIN_MS })
  const entry = registries.data?.registries.find(({ name }) => name === registry)
  const told = toldOf(
    overview,
    registry,
    {
      samples: history.data?.samples,
      thresholds: forecast.data?.thresholds,
      storedBytes: entry?.lastReconcile?.stored?.bytes,
    },
    Date.now(),
  )
  if (told === undefined) return null
  const sums = overview.registries.find((one) => one.registry === registry)
  const isReading = entry?.state.startsWith('reading')
  return (
    <div class="headline">
      <p class="headline-text">
        {!isOne && (
          <strong>
            <Said text={registry} />:{' '}
          </strong>
        )}
        {sentence(told, Date.now())}
      </p>
      {isReading && (
        <div class="notice notice-warn" role="status">
          <p>
            <Said text={registry} /> is being read for the first time ({entry?.state}): until then its numbers
            are too small.
          </p>
        </div>
      )}
      {sums && sums.planned > 0 && (
        <p class="headline-more">
          Expiry would free{' '}
          <strong>
            {sums.planned < sums.projects ? 'at least ' : ''}
            {formatSize(sums.planFreesBytes)}
          </strong>
          {sums.planned < sums.projects &&
            `, as far as ${sums.planned.toLocaleString('en')} of ${sums.projects.toLocaleString('en')} projects were planned`}
          <span class="hint">
            {' '}
            (planned <Time at={sums.planFrom === null ? null : new Date(sums.planFrom).toISOString()} />)
          </span>
          . <a href="/plan">See what goes</a>
        </p>
      )}
    </div>
  )
}
