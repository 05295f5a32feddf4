import type { Report } from './config-error.ts'
import type { Config } from './schema.ts'

/** Reports a login by OpenID Connect to which the issuer could not send people back. */
export function checkLogin({ login, server }: Pick<Config, 'login' | 'server'>, report: Report): void {
  if (login.oidc === undefined || server.publicUrl !== undefined) return
  report(
    ['server', 'publicUrl'],
    'expected the URL under which people reach Tallyman: login.oidc sends them back there',
  )
}
