import { Page } from '../../parts/page.tsx'

export default function Promotion() {
  return <Page title="Promotion">{null}</Page>
}
