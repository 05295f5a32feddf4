import { Page } from '../../parts/page.tsx'

export default function Catalogue() {
  return <Page title="Catalogue">{null}</Page>
}
