import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useGet } from '../api/use-get.ts'
import { logIn } from '../session.ts'

/** What the service says in `/login?error=…` when a login by OpenID Connect failed. */
const FAILURES: Record<string, string> = {
  denied: 'The login was not allowed.',
  expired: 'The login took too long, or was begun in another window. Try again.',
  unavailable: 'The login service does not answer. A token still works.',
}

export function Login() {
  const { path, query, route } = useLocation()
  const [token, setToken] = useState('')
  const [failure, setFailure] = useState(query.error ? (FAILURES[query.error] ?? 'The login failed.') : '')
  const [isBusy, setBusy] = useState(false)
  const { data: ways } = useGet('/v1/login')
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
  const to = path === '/login' ? '/' : `${path}${location.search}`
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
        // The service answers with a redirect: this is no page of the dashboard.
        <a class="button primary" href={`${ways.oidc.url}?to=${encodeURIComponent(to)}`} target="_self">
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
