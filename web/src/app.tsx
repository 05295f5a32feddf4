import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso'
import { PAGE_LINK } from '../../src/http/own-paths.ts'
import { isReadablePath } from './is-readable-path.ts'
import { Failure } from './parts/failure.tsx'
import { Skeleton } from './parts/skeleton.tsx'
import { readSession, session, watchSession } from './session.ts'
import { NotLoaded } from './shell/broken.tsx'
import { Guard } from './shell/guard.tsx'
import { Login } from './shell/login.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'

/** A page that is loaded once it is shown. */
const late = (load: () => Promise<{ default: ComponentType }>) =>
  lazy(() => load().catch(() => ({ default: NotLoaded })))

/** Each page is a file of its own for the browser: who looks at the overview does not load the others. */
const PAGES = [
  { path: '/', page: late(() => import('./pages/overview/overview.tsx')) },
  { path: '/projects', page: late(() => import('./pages/projects/projects.tsx')) },
  { path: '/projects/:id+', page: late(() => import('./pages/project/project.tsx')) },
  { path: '/plan', page: late(() => import('./pages/plan/plan.tsx')) },
  { path: '/runs', page: late(() => import('./pages/runs/runs.tsx')) },
  { path: '/runs/:id', page: late(() => import('./pages/runs/run.tsx')) },
  { path: '/replay', page: late(() => import('./pages/replay/replays.tsx')) },
  { path: '/replay/:id', page: late(() => import('./pages/replay/replay.tsx')) },
  { path: '/trash', page: late(() => import('./pages/trash/trash.tsx')) },
  { path: '/broken-images', page: late(() => import('./pages/broken-images/broken-images.tsx')) },
  { path: '/promotions', page: late(() => import('./pages/promotions/promotions.tsx')) },
  { path: '/promotions/:id', page: late(() => import('./pages/promotions/promotion.tsx')) },
  { path: '/alerts', page: late(() => import('./pages/alerts/alerts.tsx')) },
  { path: '/registries', page: late(() => import('./pages/registries/registries.tsx')) },
  { path: '/registries/:name/deliveries', page: late(() => import('./pages/registries/deliveries.tsx')) },
  { path: '/storage/:name?/:id?', page: late(() => import('./pages/storage/storage.tsx')) },
  { path: '/queues', page: late(() => import('./pages/queues/queues.tsx')) },
  { path: '/quarantine', page: late(() => import('./pages/quarantine/quarantine.tsx')) },
] as const

const Catalogue = late(() => import('./pages/catalogue/catalogue.tsx'))

export function App() {
  useEffect(() => {
    void readSession()
    return watchSession()
  }, [])
  return (
    // The browser itself follows other links, such as the one that begins a login by OpenID Connect.
    <LocationProvider scope={PAGE_LINK}>
      <Whole />
    </LocationProvider>
  )
}

/** The catalogue is for everybody, where it is switched on. What is loaded late must be within a router. */
const Whole = () =>
  useLocation().path.startsWith('/catalogue') ? (
    <Guard>
      <Router>{[<Route key="catalogue" default component={Catalogue} />]}</Router>
    </Guard>
  ) : (
    <Inside />
  )

/** What only those see who have logged in. */
function Inside() {
  const state = session.value
  const { path, route } = useLocation()
  if (state.is === 'unknown') return <Skeleton lines={6} />
  if (state.is === 'failed') return <Failure error={state.error} retry={readSession} />
  // Who was here as nobody, and is somebody now.
  if (state.is === 'in' && path === '/login') route('/', true)
  if (state.is === 'out') return <Login {...(state.why && { why: state.why })} />
  return (
    // Somebody else sees nothing of what was read for the one before.
    <Shell key={state.session.who} session={state.session}>
      <Guard>
        {isReadablePath(path) ? (
          <Router>
            {PAGES.map(({ path, page }) => (
              <Route key={path} path={path} component={page} />
            ))}
            <Route default component={NotFound} />
          </Router>
        ) : (
          <NotFound />
        )}
      </Guard>
    </Shell>
  )
}
