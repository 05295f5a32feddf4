import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useGet } from '../api/use-get.ts'
import { logIn } from '../session.ts'

/** What the service says in `/login?error=…` when a login by OpenID Connect failed. */
const FAILURES: Record<string, string> = {
  denied: 'The login was not allowed.',
  'no-group': 'None of your groups may look at anything here.',
  expired: 'The login took too long, or was begun in another window. Try again.',
  unavailable: 'The login service does not answer. A token still works.',
  failed: 'The login service gave an answer that is not right. The log of Tallyman says more.',
}

/** `why`: a sentence of the service about why nobody is logged in. */
export function Login({ why = '' }: { why?: string }) {
  const { path, query, route } = useLocation()
  const [token, setToken] = useState('')
  const [failure, setFailure] = useState(why || failureOf(query.error))
  const [isBusy, setBusy] = useState(false)
  const { data: ways } = useGet('/v1/login')
  useEffect(() => {
    document.title = 'Log in · Tallyman'
  }, [])
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    try {
      await logIn(token.trim())
      if (path === '/login') route('/')
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }
  const to = path === '/login' ? '/' : `${location.pathname}${location.search}`
  return (
    <main class="login">
      <img src="/tallyman.svg" alt="" width="48" height="48" />
      <h1>Tallyman</h1>
      <p class="lead">Who fills the registry, what can go, and what that gives back.</p>
      {failure && (
        <p class="notice notice-bad" role="alert">
          {failure}
        </p>
      )}
      {ways?.oidc && (
        <a class="button primary" href={`${ways.oidc.url}?to=${encodeURIComponent(to)}`}>
          Log in with {ways.oidc.name}
        </a>
      )}
      <form onSubmit={submit}>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            name="token"
            required
            autocomplete="current-password"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class={ways?.oidc ? '' : 'primary'} disabled={isBusy}>
          Log in
        </button>
      </form>
      <p class="hint">
        The read token, the admin token, or a token of your team: <code>tallyman token create</code> makes
        one.
      </p>
      {ways?.public && (
        <p>
          <a href="/catalogue">Look at the catalogue without logging in</a>
        </p>
      )}
    </main>
  )
}

const failureOf = (code: string | undefined): string =>
  code === undefined ? '' : (Object.hasOwn(FAILURES, code) && FAILURES[code]) || 'The login failed.'
