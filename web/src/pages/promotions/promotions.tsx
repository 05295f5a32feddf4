import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Page } from '../../parts/page.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { may } from '../../session.ts'
import { Ask } from './ask.tsx'
import { History } from './history.tsx'
import { Undone } from './undone.tsx'
import './promotions.css'

const TABS = { done: 'Done', waiting: 'Waiting', active: 'In hand', failed: 'Failed' } as const
type Tab = keyof typeof TABS

/** Copies of images to other registries: those that wait and why, those in hand, and the receipts of those that arrived. */
export default function Promotions() {
  const { query } = useLocation()
  const [asks, setAsks] = useState(false)
  const tabs = Object.keys(TABS) as Tab[]
  const tab = tabs.find((one) => one === query.state) ?? 'done'
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
          isHere: one === tab,
        }))}
      />
      {tab === 'done' ? <History /> : <Undone key={tab} state={tab} />}
      {asks && <Ask image={query.image} close={() => setAsks(false)} />}
    </Page>
  )
}
