import { Page } from '../../parts/page.tsx'

export default function Registries() {
  return <Page title="Registries">{null}</Page>
}
