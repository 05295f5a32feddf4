import { Page } from '../../parts/page.tsx'

export default function Plan() {
  return <Page title="Plan">{null}</Page>
}
