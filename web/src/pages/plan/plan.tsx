import { useMemo } from 'preact/hooks'
import { printable } from '../../../../src/platform/printable.ts'
import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useQuery, withQuery } from '../../parts/use-query.ts'
import { ReplayLink } from '../replay/replay-link.tsx'
import { Apply } from './apply.tsx'
import { Difference } from './difference.tsx'
import { NumberPanel } from './number-panel.tsx'
import { PlanHead } from './plan-head.tsx'
import { numbersOf, type WrittenPolicy, withNumber } from './plan-numbers.ts'
import { Sides } from './sides.tsx'
import { usePlan } from './use-plan.ts'
import './plan.css'

const LEAD = 'What expiry would delete, what it would keep, and why. Looking changes nothing.'

export interface Listed {
  name: string
  registries: string[]
  mode: 'plan' | 'apply'
  policy: WrittenPolicy
}

/** What a policy would do, image by image; what another number would free; and a run that deletes just that. */
export default function Plan() {
  const read = useGet('/v1/expiry/policies')
  const [{ policy }] = useQuery()
  return (
    <Loaded of={read} lines={8}>
      {({ policies }) =>
        policies.length === 0 ? (
          <Page title="Plan" lead={LEAD} actions={<ReplayLink />}>
            <Empty title="No expiry policy is configured">
              Nothing expires. Policies stand in <code>expiry.policies</code> of the configuration.
            </Empty>
          </Page>
        ) : policy && !policies.some(({ name }) => name === policy) ? (
          // Not the plan of another one: somebody might apply it.
          <Page title="Plan" lead={LEAD} actions={<ReplayLink />}>
            <Empty title={printable(`There is no policy ${policy}`)}>
              <a href="/plan">See the plan of {policies[0]?.name}</a>
            </Empty>
          </Page>
        ) : (
          <OfPolicy policies={policies as Listed[]} />
        )
      }
    </Loaded>
  )
}

function OfPolicy({ policies }: { policies: readonly Listed[] }) {
  const [query, change] = useQuery()
  const [first] = policies
  const chosen = policies.find(({ name }) => name === query.policy) ?? first
  const number = useMemo(
    () => chosen && numbersOf(chosen.policy).find(({ rule, key }) => `${rule}.${key}` === query.number),
    [chosen, query.number],
  )
  const value = number && query.value && query.value !== number.value ? query.value : undefined
  const given = number && value && chosen ? withNumber(chosen.policy, number, value) : undefined
  const planned = usePlan(chosen?.name, query.project, given)
  const projects = useGet('/v1/projects', { query: { limit: 1000 } })
  if (chosen === undefined) return null
  const isDifference = query.show === 'changes'
  const tabTo = (show?: string) => withQuery('/plan', { ...query, policy: chosen.name, show })
  return (
    <Page
      title="Plan"
      lead={LEAD}
      actions={
        <>
          <ReplayLink query={{ policy: chosen.name, number: query.number, value }} />
          <Apply listed={chosen} project={query.project} planned={planned} isChanged={given !== undefined} />
        </>
      }
    >
      <div class="filters">
        <label>
          <span class="unseen">Policy</span>
          <select
            aria-label="Policy"
            value={chosen.name}
            onChange={(event) =>
              change({ policy: event.currentTarget.value, number: '', value: '', by: '', stayed: '' })
            }
          >
            {policies.map(({ name, mode }) => (
              <option key={name} value={name}>
                {name}
                {mode === 'plan' ? ' (only plans)' : ''}
              </option>
            ))}
          </select>
        </label>
        <select
          aria-label="Project"
          value={query.project ?? ''}
          onChange={(event) => change({ project: event.currentTarget.value })}
        >
          <option value="">All projects</option>
          {[...new Set([query.project ?? '', ...(projects.data?.projects.map(({ id }) => id) ?? [])])]
            .filter((id) => id !== '')
            .map((id) => (
              <option key={id}>{id}</option>
            ))}
        </select>
        <button type="button" onClick={planned.reload} disabled={planned.isReading}>
          Plan anew
        </button>
      </div>
      <PlanHead planned={planned} changed={value && number ? { number, value } : undefined} />
      <NumberPanel
        policy={chosen.policy}
        project={query.project}
        number={number}
        value={value}
        choose={change}
      />
      <Tabs
        label="Plan"
        tabs={[
          { href: tabTo(), name: 'What goes and what stays', isHere: !isDifference },
          { href: tabTo('changes'), name: 'What changed since the last run', isHere: isDifference },
        ]}
      />
      {isDifference ? (
        <Difference policy={chosen.name} />
      ) : (
        <Sides planned={planned} query={query} change={change} />
      )}
    </Page>
  )
}
