import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useGet } from '../../api/use-get.ts'
import { Page } from '../../parts/page.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { may } from '../../session.ts'
import { Ask } from './ask.tsx'
import { History } from './history.tsx'
import { Undone } from './undone.tsx'
import './promotions.css'

const TABS = { done: 'Done', waiting: 'Waiting', active: 'In hand', failed: 'Failed' } as const
type Tab = keyof typeof TABS

/** How many that wait or have failed are counted, and how often, in ms: nobody opens a tab that may be empty. */
const MOST_COUNTED = 99
const COUNT_MS = 10_000

/** Copies of images to other registries: those that wait and why, those in hand, and the receipts of those that arrived. */
export default function Promotions() {
  const { query } = useLocation()
  const [asks, setAsks] = useState(false)
  const tabs = Object.keys(TABS) as Tab[]
  const tab = tabs.find((one) => one === query.state) ?? 'done'
  const counts: { [State in Tab]?: string | undefined } = {
    waiting: useCount('waiting'),
    failed: useCount('failed'),
  }
  return (
    <Page
      title="Promotions"
      lead="Images that are copied to another registry, whole and by their digest, once all gates of their rule are open."
      actions={
        may('ask') && (
          <button type="button" class="primary" onClick={() => setAsks(true)}>
            Ask for a promotion…
          </button>
        )
      }
    >
      <Tabs
        label="Promotions"
        tabs={tabs.map((one) => ({
          href: one === 'done' ? '/promotions' : `/promotions?state=${one}`,
          name: TABS[one],
          ...{ isHere: one === tab, count: counts[one] },
        }))}
      />
      {tab === 'done' ? <History /> : <Undone key={tab} state={tab} />}
      {asks && <Ask image={query.image} close={() => setAsks(false)} />}
    </Page>
  )
}

/** How many promotions are in this state, as text; `undefined` if there are none. */
function useCount(state: 'waiting' | 'failed'): string | undefined {
  const asked = { query: { state, limit: MOST_COUNTED } }
  const { promotions = [], next } = useGet('/v1/promotions/undone', asked, { everyMs: COUNT_MS }).data ?? {}
  if (promotions.length === 0) return undefined
  return `${promotions.length}${next ? '+' : ''}`
}
