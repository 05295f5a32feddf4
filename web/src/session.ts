import { signal } from '@preact/signals'
import { type Answer, ApiError, get, post, remove, whenSignedOut } from './api/request.ts'

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
    if (error.status === 401) session.value = { is: 'out' }
    else if (error.status === 403) session.value = { is: 'out', why: error.message }
    else session.value = { is: 'failed', error }
  }
}

/** @throws ApiError if the token is refused */
export async function logIn(token: string): Promise<void> {
  await post('/v1/session', { body: { token } })
  await readSession()
}

export async function logOut(): Promise<void> {
  await remove('/v1/session')
  session.value = { is: 'out' }
}

whenSignedOut(() => {
  session.value = { is: 'out' }
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
