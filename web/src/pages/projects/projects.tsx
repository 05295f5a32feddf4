import { Page } from '../../parts/page.tsx'

export default function Projects() {
  return <Page title="Projects">{null}</Page>
}
