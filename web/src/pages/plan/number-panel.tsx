import { useEffect, useState } from 'preact/hooks'
import { printable } from '../../../../src/platform/printable.ts'
import { formatSize } from '../../../../src/platform/units.ts'
import { Failure } from '../../parts/failure.tsx'
import { say, sayFailure } from '../../parts/toast.tsx'
import { CurveView } from './curve-view.tsx'
import {
  changedRuleYaml,
  numbersOf,
  type RuleNumber,
  valuesAround,
  type WrittenPolicy,
} from './plan-numbers.ts'
import { useCurve } from './use-curve.ts'

/** A slider over one number of a rule, with the bytes that each value frees, and the changed rule to copy. */
export function NumberPanel({
  policy,
  project,
  number,
  value,
  choose,
}: {
  policy: WrittenPolicy
  project: string | undefined
  /** The chosen number. Without it, the panel is closed. */
  number: RuleNumber | undefined
  /** The value that is tried, if it is another one than the configured. */
  value: string | undefined
  choose: (changes: { number: string; value: string }) => void
}) {
  const numbers = numbersOf(policy)
  const values = number ? valuesAround(number) : []
  const { points, error, isLoading } = useCurve(policy, number, values, project)
  const [at, setAt] = useState(0)
  const configured = number ? values.indexOf(number.value) : 0
  useEffect(() => setAt(Math.max(0, values.indexOf(value ?? number?.value ?? ''))), [number, value])
  if (numbers.length === 0) return null
  const point = points?.[at]
  const now = points?.[configured]
  return (
    <section class="panel plan-number" aria-label="Try another number">
      <div class="list-head">
        <label class="plan-number-choice">
          <span>Try another number</span>
          <select
            value={number ? `${number.rule}.${number.key}` : ''}
            onChange={(event) => choose({ number: event.currentTarget.value, value: '' })}
          >
            <option value="">Choose a number of a rule…</option>
            {numbers.map(({ rule, key, label, value: own }) => (
              <option key={`${rule}.${key}`} value={`${rule}.${key}`}>
                {printable(label)} {own}
              </option>
            ))}
          </select>
        </label>
        {value && (
          <button
            type="button"
            onClick={() => choose({ number: `${number?.rule}.${number?.key}`, value: '' })}
          >
            Back to {number?.value}
          </button>
        )}
      </div>
      {error && <Failure error={error} />}
      {number && !error && (
        <>
          <CurveView {...{ values, points, at, configured, isLoading }}>
            <input
              type="range"
              min={0}
              max={values.length - 1}
              value={at}
              aria-label={number.label}
              aria-valuetext={`${values[at]}${point ? `: frees ${formatSize(point.bytes)}` : ''}`}
              onInput={(event) => setAt(event.currentTarget.valueAsNumber)}
              onChange={(event) =>
                choose({
                  number: `${number.rule}.${number.key}`,
                  value: values[event.currentTarget.valueAsNumber] ?? '',
                })
              }
            />
          </CurveView>
          <p aria-live="polite" class="plan-point">
            {point && now ? (
              <>
                <strong>
                  {printable(number.label)} {values[at]}
                </strong>{' '}
                frees <strong>{formatSize(point.bytes)}</strong> ({point.bytes.toLocaleString('en')} bytes)
                with {point.images.toLocaleString('en')} images
                {point.tags > 0 && ` and ${point.tags.toLocaleString('en')} single tags`}
                {at !== configured && `: ${difference(point.bytes - now.bytes)} the ${number.value} of now`}.
              </>
            ) : (
              'Counting what each value frees…'
            )}
          </p>
          {value && (
            <>
              <p class="hint">
                The lists below are of this value. To make it so, put this in place of rule {number.rule + 1}{' '}
                of the policy <b>{policy.name}</b> in the configuration, and reload it:
              </p>
              <Yaml text={changedRuleYaml(policy, number, value)} />
            </>
          )}
        </>
      )}
    </section>
  )
}

const difference = (bytes: number): string =>
  bytes === 0 ? 'as much as' : `${formatSize(Math.abs(bytes))} ${bytes > 0 ? 'more than' : 'less than'}`

function Yaml({ text }: { text: string }) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => say('The rule is copied.'),
      () => sayFailure('The browser does not let this page copy. Select the text instead.'),
    )
  return (
    <div class="plan-yaml">
      <pre>{printable(text)}</pre>
      {/* Browsers offer a clipboard to pages over https and on localhost only. */}
      {navigator.clipboard && (
        <button type="button" onClick={copy}>
          Copy
        </button>
      )}
    </div>
  )
}
