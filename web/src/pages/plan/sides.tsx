import { useMemo, useState } from 'preact/hooks'
import { printable } from '../../../../src/platform/printable.ts'
import { formatSize } from '../../../../src/platform/units.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { Skeleton } from '../../parts/skeleton.tsx'
import { Windowed } from '../../parts/windowed.tsx'
import { ImageDetails } from './image-details.tsx'
import { bytesOf, nameOf, ORDERS, type Order, type PlanRow, select, sumsByRule } from './plan-reading.ts'
import type { Planned } from './use-plan.ts'

const ROW_PX = 86

/** What goes and what stays, side by side. */
export function Sides({
  planned: { plan, isReading, error },
  query,
  change,
}: {
  planned: Planned
  query: Readonly<Record<string, string | undefined>>
  change: (changes: Record<string, string>, options?: { replace: boolean }) => void
}) {
  const [shown, setShown] = useState<PlanRow>()
  const order = (Object.keys(ORDERS) as Order[]).find((one) => one === query.sort) ?? 'bytes'
  const sides = [
    { title: 'Goes', rows: plan.goes, by: 'by', none: 'Nothing goes.' },
    { title: 'Stays', rows: plan.stays, by: 'stayed', none: 'Nothing stays.' },
  ] as const
  return (
    <>
      <div class="filters">
        <SearchField
          label="Search images"
          placeholder="Search name, tag, digest, reason"
          text={query.q ?? ''}
          search={(q) => change({ q }, { replace: true })}
        />
        <select
          aria-label="Order"
          value={order}
          onChange={(event) => change({ sort: event.currentTarget.value })}
        >
          {Object.entries(ORDERS).map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      </div>
      <div class="plan-sides">
        {sides.map(({ title, rows, by, none }) => (
          <Side
            key={title}
            {...{ title, rows, order, isReading, plan }}
            none={error ? 'Not known: the plan failed.' : none}
            search={query.q}
            rule={query[by]}
            chooseRule={(rule) => change({ [by]: rule })}
            isKnown={error === undefined}
            show={setShown}
          />
        ))}
      </div>
      {shown && <ImageDetails row={shown} close={() => setShown(undefined)} />}
    </>
  )
}

function Side({
  title,
  rows,
  none,
  plan,
  search,
  rule,
  order,
  isReading,
  isKnown,
  chooseRule,
  show,
}: {
  title: 'Goes' | 'Stays'
  rows: readonly PlanRow[]
  none: string
  plan: Planned['plan']
  search: string | undefined
  rule: string | undefined
  order: Order
  isReading: boolean
  /** Whether the plan has not failed. */
  isKnown: boolean
  chooseRule: (rule: string) => void
  show: (row: PlanRow) => void
}) {
  const selected = useMemo(
    () => select(rows, { search: search ?? '', rule, order }),
    [plan, search, rule, order],
  )
  const rules = useMemo(() => sumsByRule(rows), [plan])
  const bytes = selected.reduce((sum, row) => sum + (row.reclaimableBytes ?? 0), 0)
  const isAll = selected.length === rows.length
  return (
    <section class="panel plan-side">
      <header class="list-head">
        <h2>{title}</h2>
        <span aria-live="polite">
          {((!isReading && isKnown) || rows.length > 0) &&
            `${isAll ? '' : `${selected.length.toLocaleString('en')} of `}${rows.length.toLocaleString('en')}`}
          {title === 'Goes' && rows.length > 0 && (
            <>
              {' · '}
              <Bytes of={bytes} />
            </>
          )}
        </span>
      </header>
      {rules.length > 1 && (
        <div class="plan-rules">
          {rules.slice(0, 12).map((sum) => (
            <button
              key={sum.rule}
              type="button"
              class="chip"
              aria-pressed={rule === sum.rule}
              onClick={() => chooseRule(rule === sum.rule ? '' : sum.rule)}
            >
              {printable(sum.rule)}
              <span class="hint">
                {sum.images.toLocaleString('en')}
                {title === 'Goes' && ` · ${formatSize(sum.bytes)}`}
              </span>
            </button>
          ))}
        </div>
      )}
      {selected.length === 0 ? (
        isReading ? (
          <Skeleton lines={4} />
        ) : (
          <p class="plan-none">{rows.length === 0 ? none : 'No image matches the filters.'}</p>
        )
      ) : (
        <Windowed
          label={title}
          items={selected}
          rowPx={ROW_PX}
          keyOf={(row) => `${row.project} ${row.repository}@${row.digest}`}
        >
          {(row) => <Row row={row} show={show} />}
        </Windowed>
      )}
    </section>
  )
}

function Row({ row, show }: { row: PlanRow; show: (row: PlanRow) => void }) {
  const misses = row.nearMisses?.length ?? 0
  return (
    <div class="plan-row">
      <div class="plan-row-head">
        <button type="button" class="plan-name" onClick={() => show(row)}>
          {printable(nameOf(row))}
        </button>
        <Bytes of={bytesOf(row)} />
      </div>
      <p class="plan-reason">{printable(row.reason)}</p>
      <p class="plan-row-foot">
        {row.rule !== null && <span class="badge">{printable(row.rule)}</span>}
        {row.verdict === 'untag' && <span class="badge">only the tag goes</span>}
        {misses > 0 && <span class="hint">{misses === 1 ? '1 near miss' : `${misses} near misses`}</span>}
      </p>
    </div>
  )
}
