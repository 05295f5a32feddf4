import { useEffect } from 'preact/hooks'
import { Page } from '../parts/page.tsx'

/** Shown instead of a page that cannot be. Loading all again helps where Tallyman was updated meanwhile. */
const Broken = ({ title, why }: { title: string; why: string }) => (
  <Page title={title}>
    <div class="notice notice-bad" role="alert">
      <p>{why}</p>
      <button type="button" onClick={() => location.reload()}>
        Load again
      </button>
    </div>
  </Page>
)

/** A page whose files did not come. */
export const NotLoaded = () => (
  <Broken
    title="The page was not loaded"
    why="Tallyman does not answer, or it was updated since this tab was opened."
  />
)

/** A page that ended with an error of the dashboard itself. */
export function Failed({ error }: { error: unknown }) {
  useEffect(() => reportError(error), [error])
  return (
    <Broken title="The page failed" why={`This is a fault of the dashboard. The browser says: ${error}.`} />
  )
}
