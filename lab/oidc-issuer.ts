import { createServer, type Server } from 'node:http'
import Provider from 'oidc-provider'
import { freePort } from './ports.ts'

/** Somebody who can log in at the issuer, with any password. */
export type LabAccount = Record<string, unknown>

export const CLIENT = { id: 'tallyman', secret: 'lab-oidc-client-secret-01' }

/** Without its warnings that this is not for production. */
function quietly<T>(make: () => T): T {
  const { warn } = console
  console.warn = () => {}
  try {
    return make()
  } finally {
    console.warn = warn
  }
}

/**
 * A real issuer of OpenID Connect, with pages for logging in and for consent. `accounts` are claims by login name, and may change.
 * `redirectUri`: where it sends people back. `inToken`: whether the ID token has all claims; otherwise its userinfo has them.
 */
export async function startOidcIssuer(options: {
  redirectUri: string
  accounts: Record<string, LabAccount>
  inToken?: boolean
  authMethod?: 'client_secret_basic' | 'client_secret_post'
}) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { accounts, authMethod = 'client_secret_basic' } = options
  const provider = quietly(
    () =>
      new Provider(url, {
        clients: [
          {
            ...{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [options.redirectUri] },
            ...{ token_endpoint_auth_method: authMethod, application_type: 'native' },
          },
        ],
        clientAuthMethods: [authMethod],
        findAccount: (_: unknown, login: string) =>
          accounts[login] && {
            accountId: login,
            claims: async () => ({ sub: login, ...accounts[login] }),
          },
        claims: {
          openid: ['sub'],
          profile: ['name', 'preferred_username'],
          email: ['email', 'email_verified'],
          groups: ['groups', 'realm'],
        },
        conformIdTokenClaims: options.inToken !== true,
        cookies: { keys: ['lab-cookie-key'] },
        features: { devInteractions: { enabled: true } },
        pkce: { required: () => true },
        ttl: {
          Interaction: 600,
          Session: 600,
          Grant: 600,
          AccessToken: 600,
          IdToken: 600,
          AuthorizationCode: 60,
        },
      }),
  )
  let server: Server | undefined
  const start = () =>
    new Promise<void>((resolve) => {
      server = createServer(provider.callback()).listen(port, '127.0.0.1', () => resolve())
    })
  const stop = async () => {
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
  }
  await start()
  return { url, accounts, start, stop, close: stop }
}
export type LabOidcIssuer = Awaited<ReturnType<typeof startOidcIssuer>>
