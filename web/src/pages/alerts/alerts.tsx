import { Page } from '../../parts/page.tsx'

export default function Alerts() {
  return <Page title="Alerts">{null}</Page>
}
