import { Page } from '../../parts/page.tsx'

export default function Quarantine() {
  return <Page title="Quarantine">{null}</Page>
}
