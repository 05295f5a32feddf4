import { useState } from 'preact/hooks'
import { type Answer, remove } from '../../api/request.ts'
import type { Resource } from '../../api/use-get.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'
import { referenceOf } from './image-name.ts'

export type Keep = Answer<'/v1/expiry/keeps'>['keeps'][number]

/** The images of a project that people keep. */
export function Keeps({ keeps, changed }: { keeps: Resource<{ keeps: Keep[] }>; changed: () => void }) {
  const [ending, setEnding] = useState<Keep>()
  return (
    <section class="panel" aria-labelledby="keeps-title">
      <h2 id="keeps-title">Kept images</h2>
      <Loaded of={keeps}>
        {({ keeps: all }) =>
          all.length === 0 ? (
            <p class="hint">Nobody keeps an image of this project. What is kept, no policy deletes.</p>
          ) : (
            <ul class="kept">
              {all.map((keep) => (
                <li key={keep.id}>
                  <div>
                    <Said text={keep.image} />
                    <div class="hint">
                      {keep.until ? (
                        <>
                          ends <Time at={keep.until} />
                        </>
                      ) : (
                        'until somebody ends it'
                      )}
                      {keep.by && (
                        <>
                          , by <Said text={keep.by} />
                        </>
                      )}
                      {keep.why && (
                        <>
                          : <Said text={keep.why} />
                        </>
                      )}
                    </div>
                  </div>
                  {may('expire') && (
                    <button type="button" onClick={() => setEnding(keep)}>
                      End it<span class="unseen">: {keep.image}</span>
                    </button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {ending && <UnkeepDialog keep={ending} done={changed} close={() => setEnding(undefined)} />}
    </section>
  )
}

/** Ends a keep. */
export function UnkeepDialog({ keep, done, close }: { keep: Keep; done: () => void; close: () => void }) {
  async function run() {
    await remove('/v1/expiry/keeps/{id}', { path: { id: keep.id } })
    say(`${keep.image} is not kept any more`)
    done()
  }
  return (
    <Confirm
      title={`Keep ${referenceOf(keep.image)} no longer`}
      action="End the keep"
      run={run}
      close={close}
    >
      <p>
        Policies may delete it from then on, unless it is kept twice or another rule keeps it. Nothing is
        deleted by this.
      </p>
    </Confirm>
  )
}
