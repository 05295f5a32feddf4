import type { RegistryConfig } from '../config/schema.ts'
import { makeRegistryClient, type RegistryClient, type RegistryClientOptions } from '../registry/client.ts'

/** Makes the client of a registry as configured; `options` replaces what the client has by default. The caller closes it. */
export function registryClient(
  { name, url, username, password }: { name: string } & RegistryConfig,
  options: Partial<RegistryClientOptions> = {},
): RegistryClient {
  const given = username !== undefined && password !== undefined
  return makeRegistryClient({ name, url, ...(given && { credentials: { username, password } }), ...options })
}
