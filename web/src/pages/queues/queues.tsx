import { Page } from '../../parts/page.tsx'

export default function Queues() {
  return <Page title="Queues">{null}</Page>
}
