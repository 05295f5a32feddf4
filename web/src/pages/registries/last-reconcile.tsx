import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { driftTexts } from './drift-text.ts'
import type { Registry } from './registry-panel.tsx'

/** What the last reconcile found and did. */
export function LastReconcile({ registry: { lastReconcile: last } }: { registry: Registry }) {
  if (!last) return <p class="hint">It was never compared with the index.</p>
  const drift = driftTexts(last.drift)
  return (
    <>
      <h3>
        Last reconcile, <Time at={last.finishedAt} />
      </h3>
      <p>
        {last.repositories.toLocaleString('en')} repositories were compared
        {last.method === 'storage' ? ' with the storage' : ''}.{' '}
        {drift.length === 0
          ? 'The index was right.'
          : `The index differed: ${drift.join(', ')}.${last.dryRun ? ' It was not corrected: a dry run.' : ' It is corrected.'}`}{' '}
        <span class="hint">Why it ran: {last.reason}.</span>
      </p>
      {last.hold && (
        <p class="notice notice-bad">
          Nothing was removed from the index, since too much was missing. If that is true, start a reconcile
          that accepts the loss.
        </p>
      )}
      {last.stored && (
        <p>
          The storage holds <Bytes of={last.stored.bytes} /> in {last.stored.blobs.toLocaleString('en')}{' '}
          blobs.
        </p>
      )}
      {(last.failed > 0 || last.unreadable > 0) && (
        <details>
          <summary>
            {last.failed > 0 && `${last.failed} could not be read. `}
            {last.unreadable > 0 && `${last.unreadable} manifests or tags were not understood.`}
          </summary>
          <ul>
            {last.failures.map((text) => (
              <li key={text}>
                <Said text={text} />
              </li>
            ))}
            {last.unreadableImages.map(({ repository, image, reason }) => (
              <li key={`${repository} ${image}`}>
                <Said text={`${repository} ${image}: ${reason}`} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
