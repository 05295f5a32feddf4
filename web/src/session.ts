import { signal } from '@preact/signals'
import { type Answer, ApiError, get, post, remove, whenSignedOut } from './api/request.ts'
import { sayFailure } from './parts/toast.tsx'

export type Session = Answer<'/v1/session'>
type State =
  | { is: 'unknown' }
  /** `why`: nobody is let in who was logged in elsewhere, by OpenID Connect, and that is told. */
  | { is: 'out'; why?: string }
  | { is: 'in'; session: Session }
  /** Nobody can tell now: Tallyman or its Redis is away. */
  | { is: 'failed'; error: ApiError }

/** Who looks at the dashboard. */
export const session = signal<State>({ is: 'unknown' })

export async function readSession(): Promise<void> {
  try {
    session.value = { is: 'in', session: await get('/v1/session') }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // `whenSignedOut` has said who is out.
    if (error.status === 401) return
    else if (error.status === 403) session.value = { is: 'out', why: error.message }
    else session.value = { is: 'failed', error }
  }
}

/**
 * Looks who is logged in whenever the tab is looked at again: another tab may have logged out, or somebody else in. Gives a function
 * that ends it.
 */
export function watchSession(): () => void {
  const look = () => {
    if (!document.hidden && session.value.is === 'in') void get('/v1/session').then(follow, () => {})
  }
  const follow = (now: Session) => {
    const { value } = session
    if (value.is === 'in' && JSON.stringify(value.session) !== JSON.stringify(now))
      session.value = { is: 'in', session: now }
  }
  document.addEventListener('visibilitychange', look)
  return () => document.removeEventListener('visibilitychange', look)
}

/** @throws ApiError if the token is refused */
export async function logIn(token: string): Promise<void> {
  await post('/v1/session', { body: { token } })
  await readSession()
}

/** Logs out. If that fails, it is said, since who leaves a browser to others must know. */
export async function logOut(): Promise<void> {
  try {
    await remove('/v1/session')
    session.value = { is: 'out' }
  } catch (error) {
    // A session that is over needs no logging out: nobody is logged in by now.
    if (session.value.is === 'in')
      sayFailure(`You are still logged in: ${error instanceof Error ? error.message : String(error)}`)
  }
}

whenSignedOut(() => {
  const { value } = session
  // Who is not in yet has typed a wrong token, and is told by the answer.
  if (value.is === 'in') session.value = { is: 'out', why: 'Your session is over. Log in again.' }
  else if (value.is !== 'out') session.value = { is: 'out' }
})

/** The verbs that each verb includes: `src/access/access.ts` has the rule. */
const INCLUDED: Record<string, readonly string[]> = {
  promote: ['read', 'ask'],
  expire: ['read'],
  ask: ['read'],
  admin: ['read', 'ask', 'promote', 'expire', 'report'],
}

/** Whether who looks may do something somewhere. The service decides: this only leaves out what would be refused. */
export function may(verb: 'read' | 'ask' | 'promote' | 'expire' | 'admin'): boolean {
  const state = session.value
  if (state.is !== 'in') return false
  return state.session.verbs.some((one) => one === verb || INCLUDED[one]?.includes(verb))
}

/** Whether who looks sees all projects, and so what is about registries and the whole service. */
export const seesAll = (): boolean => session.value.is === 'in' && session.value.session.seesAll
