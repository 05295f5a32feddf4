import { useEffect } from 'preact/hooks'
import { LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso'
import { isReadablePath } from './is-readable-path.ts'
import { Failure } from './parts/failure.tsx'
import { Skeleton } from './parts/skeleton.tsx'
import { readSession, session } from './session.ts'
import { Login } from './shell/login.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'

/** Each page is a file of its own for the browser: who looks at the overview does not load the others. */
const PAGES = [
  { path: '/', page: lazy(() => import('./pages/overview/overview.tsx')) },
  { path: '/projects', page: lazy(() => import('./pages/projects/projects.tsx')) },
  { path: '/projects/:id+', page: lazy(() => import('./pages/project/project.tsx')) },
  { path: '/plan', page: lazy(() => import('./pages/plan/plan.tsx')) },
  { path: '/runs', page: lazy(() => import('./pages/runs/runs.tsx')) },
  { path: '/runs/:id', page: lazy(() => import('./pages/runs/run.tsx')) },
  { path: '/trash', page: lazy(() => import('./pages/trash/trash.tsx')) },
  { path: '/promotions', page: lazy(() => import('./pages/promotions/promotions.tsx')) },
  { path: '/promotions/:id', page: lazy(() => import('./pages/promotions/promotion.tsx')) },
  { path: '/alerts', page: lazy(() => import('./pages/alerts/alerts.tsx')) },
  { path: '/registries', page: lazy(() => import('./pages/registries/registries.tsx')) },
  { path: '/queues', page: lazy(() => import('./pages/queues/queues.tsx')) },
  { path: '/quarantine', page: lazy(() => import('./pages/quarantine/quarantine.tsx')) },
] as const

const Catalogue = lazy(() => import('./pages/catalogue/catalogue.tsx'))

export function App() {
  useEffect(() => void readSession(), [])
  return (
    <LocationProvider>
      <Whole />
    </LocationProvider>
  )
}

/** The catalogue is for everybody, where it is switched on. What is loaded late must be within a router. */
const Whole = () =>
  useLocation().path.startsWith('/catalogue') ? (
    <Router>{[<Route key="catalogue" default component={Catalogue} />]}</Router>
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
    <Shell session={state.session}>
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
    </Shell>
  )
}
