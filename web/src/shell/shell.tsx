import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Toasts } from '../parts/toast.tsx'
import { logOut, type Session } from '../session.ts'
import { keepFocus } from './keep-focus.ts'
import { ThemeSwitch } from './theme-switch.tsx'

/** `forAll`: what is about the whole service, and not shown to those who see only some projects. */
const PLACES = [
  { path: '/', name: 'Overview' },
  { path: '/projects', name: 'Projects' },
  { path: '/plan', name: 'Plan' },
  { path: '/runs', name: 'Runs' },
  { path: '/trash', name: 'Trash' },
  { path: '/promotions', name: 'Promotions' },
  { path: '/broken-images', name: 'Broken images' },
  { path: '/alerts', name: 'Alerts' },
  { path: '/registries', name: 'Registries', forAll: true },
  { path: '/storage', name: 'Storage', forAll: true },
  { path: '/queues', name: 'Queues', forAll: true },
  { path: '/quarantine', name: 'Quarantine', forAll: true },
]

/** More places than this have a row of their own in a window that is not very wide. */
const FEW = 9

/** What is around each page: the places to go to, who looks, and how to leave. */
export function Shell({ session, children }: { session: Session; children: ComponentChildren }) {
  const { path } = useLocation()
  const [isOpen, setOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  useEffect(() => (main.current ? keepFocus(main.current) : undefined), [])
  const places = PLACES.filter(({ forAll }) => !forAll || session.seesAll)
  const isHere = (place: string) =>
    place === '/' ? path === '/' : path === place || path.startsWith(`${place}/`)
  return (
    <div class="shell">
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class={places.length > FEW ? 'bar bar-many' : 'bar'}>
        <a class="brand" href="/">
          <img src="/tallyman.svg" alt="" width="24" height="24" />
          Tallyman
        </a>
        <button
          type="button"
          class="menu"
          aria-expanded={isOpen}
          aria-controls="places"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <nav id="places" class={isOpen ? 'places open' : 'places'} aria-label="Pages">
          {places.map(({ path: place, name }) => (
            <a
              key={place}
              href={place}
              onClick={() => setOpen(false)}
              {...(isHere(place) && { 'aria-current': 'page' as const })}
            >
              {name}
            </a>
          ))}
        </nav>
        <div class="who">
          <ThemeSwitch />
          <span class="who-name" title={`May ${session.verbs.join(', ')}`}>
            {session.who}
          </span>
          <button type="button" class="plain" onClick={logOut}>
            Log out
          </button>
        </div>
      </header>
      <main ref={main} id="content" class="content" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  )
}
