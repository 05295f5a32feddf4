import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { type Glance, stuckText } from './storage-text.ts'

/** Says loudly that nobody can push, and what to do. */
export function Held({ of: glance }: { of: Glance }) {
  const why = stuckText(glance)
  if (why === undefined) return null
  const { registry, heldSince, collecting } = glance
  return (
    <div class="notice notice-bad" role="alert">
      <p>
        <strong>
          {registry} is read-only: nobody can push. It began <Time at={heldSince} />.
        </strong>{' '}
        <Said text={why} />. {collecting ? 'Tallyman tries again each minute at the latest. ' : ''}
        Make the registry writable by hand, or mend the hook <code>readOnlyOff</code>: the next attempt then
        succeeds.
        {collecting && (
          <>
            {' '}
            <a href={`/storage/${registry}/${collecting.id}`}>What the hooks did</a>
          </>
        )}
      </p>
    </div>
  )
}
