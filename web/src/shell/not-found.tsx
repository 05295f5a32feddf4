import { Empty } from '../parts/empty.tsx'
import { Page } from '../parts/page.tsx'

export const NotFound = () => (
  <Page title="Nothing here">
    <Empty title="There is no such page">
      <a href="/">Go to the overview</a>
    </Empty>
  </Page>
)
