import { useLocation } from 'preact-iso'
import { Page } from '../../parts/page.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { session } from '../../session.ts'
import { Channels } from './channels.tsx'
import { Deliveries } from './deliveries.tsx'
import { History } from './history.tsx'
import { Snoozes } from './snoozes.tsx'

const TABS = {
  history: { name: 'What happened', show: History },
  deliveries: { name: 'What was sent', show: Deliveries },
  channels: { name: 'Channels', show: Channels },
  snoozes: { name: 'Snoozed', show: Snoozes },
}
type Tab = keyof typeof TABS

/** Alerts: what happened, what was sent to whom, the channels, and what is not told for a time. */
export default function Alerts() {
  const { query } = useLocation()
  const seesAll = session.value.is === 'in' && session.value.session.seesAll
  const tabs = (Object.keys(TABS) as Tab[]).filter((tab) => tab !== 'channels' || seesAll)
  const tab = tabs.find((one) => one === query.tab) ?? 'history'
  const { show: Show } = TABS[tab]
  return (
    <Page title="Alerts" lead="What people were told about quotas, expiry, promotions and registries.">
      <Tabs
        label="Alerts"
        tabs={tabs.map((one) => ({ href: `/alerts?tab=${one}`, name: TABS[one].name, isHere: one === tab }))}
      />
      <Show />
    </Page>
  )
}
