import { useState } from 'preact/hooks'
import { post } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Said } from '../../parts/said.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'

/** Says that Tallyman's own store was lost or replaced, and lets a person accept that. Nothing, if all is well. */
export function StoreDoubt() {
  const [asks, setAsks] = useState(false)
  const { data, reload } = useGet('/v1/store', {}, { everyMs: 60_000 })
  if (!data?.doubt) return null
  const accept = async () => {
    await post('/v1/store/accept')
    say('The store is accepted. Expiry may delete again.')
    reload()
  }
  return (
    <div class="notice notice-bad" role="alert">
      <p>
        Nothing is deleted: <Said text={data.doubt} />
      </p>
      {may('admin') && (
        <button type="button" onClick={() => setAsks(true)}>
          Accept the store as it is…
        </button>
      )}
      {asks && (
        <Confirm
          title="Accept the store as it is?"
          action="Accept it"
          type="accept"
          isDangerous
          run={accept}
          close={() => setAsks(false)}
        >
          <p>
            What it held is given up: keeps, announcements and the trash. Policies delete again by their
            schedule. If there is a backup, restore it instead.
          </p>
        </Confirm>
      )}
    </div>
  )
}
