import { Page } from '../../parts/page.tsx'

export default function Project() {
  return <Page title="Project">{null}</Page>
}
