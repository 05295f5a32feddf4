import { useGet } from '../../api/use-get.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { Scrub } from './scrub.tsx'

/** What was looked at to find broken images, and when: the last reconcile of each registry, and how far scrubs are. */
export function LookedAt({ reload }: { reload: () => void }) {
  const registries = useGet('/v1/registries', {}, { everyMs: 30_000 })
  return (
    <section aria-labelledby="looked-at">
      <h2 id="looked-at">What was looked at</h2>
      <Loaded of={registries}>
        {({ registries: all }) => (
          <TableBox isCards label="What was looked at">
            <table>
              <thead>
                <tr>
                  <th>Registry</th>
                  <th>Last reconcile</th>
                  <th>Scrub: bytes are read and hashed</th>
                </tr>
              </thead>
              <tbody>
                {all.map(({ name, state, lastReconcile }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    {state === 'target only' ? (
                      <td colSpan={2} class="hint">
                        Images are only copied into it: nobody looks at what it has.
                      </td>
                    ) : (
                      <>
                        <td class="wide" data-label="Last reconcile">
                          <Time at={lastReconcile?.finishedAt} />
                          {lastReconcile && (
                            <div class="hint">
                              {lastReconcile.method === 'storage'
                                ? 'All images, by the storage.'
                                : 'Some images each time, by asking for their blobs.'}
                            </div>
                          )}
                        </td>
                        <td class="text">
                          <Scrub registry={name} found={reload} />
                        </td>
                      </>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </TableBox>
        )}
      </Loaded>
    </section>
  )
}
