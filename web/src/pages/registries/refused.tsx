import type { Answer } from '../../api/request.ts'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'

/** Deliveries of registries that were refused, and why. */
export const Refused = ({ all }: { all: Answer<'/v1/registries'>['refused'] }) => (
  <ul class="list">
    {all.map(({ reason, from, detail, count, lastAt }) => (
      <li key={`${reason} ${from}`}>
        <div class="list-head">
          <span>
            <span class="badge badge-over">refused: {reason}</span> {count.toLocaleString('en')} from {from}
          </span>
          <span>
            last <Time at={lastAt} />
          </span>
        </div>
        <Said text={detail} />
      </li>
    ))}
  </ul>
)
