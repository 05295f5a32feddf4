import { Page } from '../../parts/page.tsx'

export default function Trash() {
  return <Page title="Trash">{null}</Page>
}
