import { formatSize } from '../../../../src/platform/units.ts'
import { Failure } from '../../parts/failure.tsx'
import { Said } from '../../parts/said.tsx'
import { Told } from '../../parts/told.tsx'
import type { RuleNumber } from './plan-numbers.ts'
import { MOST_ROWS } from './plan-reading.ts'
import type { Planned } from './use-plan.ts'

/** The sums of a plan, how long undo is safe, and what the plan warns of. */
export function PlanHead({
  planned: { plan, error, isReading, reload },
  changed,
}: {
  planned: Planned
  /** The number that the plan tries. */
  changed: { number: RuleNumber; value: string } | undefined
}) {
  const { goes, stays, bytes, end, warnings } = plan
  const tags = goes.filter(({ verdict }) => verdict === 'untag').length
  const images = goes.length - tags
  // Before the first images have come, nothing is known; nor if none came since it failed.
  const isKnown = (!isReading && error === undefined) || goes.length + stays.length > 0
  const known = (text: string) => (isKnown ? text : isReading ? '…' : 'not known')
  return (
    <>
      <div class="plan-sums" aria-live="polite">
        <Sum
          name={changed ? `Would go with ${changed.value}` : 'Goes'}
          value={known(countOf(images))}
          hint={tags > 0 ? `and ${tags.toLocaleString('en')} that only lose a tag` : undefined}
        />
        <Sum
          name="Frees"
          value={known(formatSize(bytes))}
          hint={isKnown ? `${bytes.toLocaleString('en')} bytes` : undefined}
        />
        <Sum name="Stays" value={known(countOf(stays.length + tags))} />
        <p class="plan-undo hint">
          {isReading && 'Planning… The numbers grow while images are decided on.'}
          {!isReading && end && goes.length > 0 && (
            <>
              If this is deleted now, <Told text={end.undo.text.replace(/: tallyman trash.*$/, '')} />. The
              disk has the bytes back once the registry collects its garbage.
            </>
          )}
        </p>
      </div>
      {error && <Failure error={error} retry={reload} />}
      {plan.isCut && (
        <div class="notice notice-warn">
          <p>
            These are the first {MOST_ROWS.toLocaleString('en')} images, and the sums are of these. Choose a
            project to see all of it.
          </p>
        </div>
      )}
      {warnings.map((warning) => (
        <div key={warning} class="notice notice-warn">
          <p>
            <Said text={warning} />
          </p>
        </div>
      ))}
    </>
  )
}

const countOf = (images: number) => `${images.toLocaleString('en')} ${images === 1 ? 'image' : 'images'}`

const Sum = ({ name, value, hint }: { name: string; value: string; hint?: string | undefined }) => (
  <div class="plan-sum">
    <span class="plan-sum-name">{name}</span>
    <strong>{value}</strong>
    {hint && <span class="hint">{hint}</span>}
  </div>
)
