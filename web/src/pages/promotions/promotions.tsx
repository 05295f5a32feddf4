import { Page } from '../../parts/page.tsx'

export default function Promotions() {
  return <Page title="Promotions">{null}</Page>
}
